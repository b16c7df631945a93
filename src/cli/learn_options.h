// The options of `cloche learn`: its own, and those of `cloche run` that make sense while learning.
#pragma once

#include <span>

#include "cli/options.h"
#include "cli/run_options.h"

namespace cloche::cli {

std::span<const Option> learn_options();
/// What those of `run` among them ask for.
RunRequest read_learn_request(const Parsed& parsed);

}  // namespace cloche::cli
