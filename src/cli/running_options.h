// The options of the commands that act on running sandboxes: the rows that dispatch.cc shows.
#pragma once

#include <span>

#include "cli/options.h"

namespace cloche::cli {

std::span<const Option> ps_options();
std::span<const Option> stats_options();
std::span<const Option> inspect_options();
std::span<const Option> exec_options();
std::span<const Option> kill_options();
std::span<const Option> pause_options();
std::span<const Option> update_options();

}  // namespace cloche::cli
