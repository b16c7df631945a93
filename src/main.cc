#include <exception>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cgroup/keeper.h"
#include "cli/dispatch.h"

int main(int argc, char** argv) {
  if (argc > 0 && std::string_view(argv[0]) == cloche::keeper::kProgram) return cloche::keeper::main();
  try {
    return cloche::cli::dispatch({argv + (argc > 0 ? 1 : 0), argv + argc});
  } catch (const cloche::Error& error) {
    fmt::print(stderr, "cloche: {}{}{}\n", error.what(), error.remedy().empty() ? "" : "; ", error.remedy());
  } catch (const std::exception& error) {
    fmt::print(stderr, "cloche: {}\n", error.what());
  }
  return 125;
}
