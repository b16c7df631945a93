#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"
#include "base/libraries.h"
#include "base/text.h"
#include "cgroup/keeper.h"
#include "cli/dispatch.h"
#include "sandbox/sweeper.h"

namespace {

constexpr int kFailed = 125;

int answer(const cloche::cli::Words& words) {
  try {
    // Only the start of a run is worth a program of its own.
    if (words.empty() || words.front() != "run") cloche::libraries_at_hand();
    return cloche::cli::dispatch(words);
  } catch (const cloche::Error& error) {
    fmt::print(stderr, "cloche: {}{}{}\n", error.what(), error.remedy().empty() ? "" : "; ", error.remedy());
  } catch (const std::exception& error) {
    fmt::print(stderr, "cloche: {}\n", error.what());
  }
  return kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc > 0 ? argv[0] : "";
  if (name == cloche::keeper::kProgram) return cloche::keeper::main();
  if (name == cloche::Sweeper::kProgram) return cloche::Sweeper::main();
  int status = kFailed;
  try {
    status = answer({argv + (argc > 0 ? 1 : 0), argv + argc});
  } catch (const cloche::NeedsLibraries& needed) {
    ::execv(needed.program.c_str(), argv);
    fmt::print(stderr, "cloche: cannot execute {}: {}\n", needed.program, cloche::errno_words(errno));
  }
  if (std::fflush(stdout) != 0) {
    fmt::print(stderr, "cloche: cannot write to standard output: {}\n", cloche::errno_words(errno));
    status = kFailed;
  }
  // Everything that has to be given back is: tidying up this process's own memory is the kernel's work.
  ::_exit(status);
}
