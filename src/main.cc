#include <exception>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/dispatch.h"

int main(int argc, char** argv) {
  try {
    return cloche::cli::dispatch({argv + (argc > 0 ? 1 : 0), argv + argc});
  } catch (const cloche::Error& error) {
    fmt::print(stderr, "cloche: {}{}{}\n", error.what(), error.remedy().empty() ? "" : "; ", error.remedy());
  } catch (const std::exception& error) {
    fmt::print(stderr, "cloche: {}\n", error.what());
  }
  return 125;
}
