// The first word of the command line names the command.
#pragma once

#include <span>

#include "cli/commands.h"
#include "cli/options.h"

namespace cloche::cli {

/// A row for each command: what `cloche --help`, the completions and the tests of the man pages read.
struct Command {
  const char* name;
  const char* usage;    ///< "cloche run [OPTIONS] [--] [COMMAND…]"
  const char* summary;  ///< one line
  int (*run)(const Words& words);
  std::span<const Option> (*options)();
};
std::span<const Command> commands();

/// Runs the command that `words` name; --help and --version are answered here.
int dispatch(const Words& words);

}  // namespace cloche::cli
