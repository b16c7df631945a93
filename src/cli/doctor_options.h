// The options of `cloche doctor`: the rows that dispatch.cc shows.
#pragma once

#include <span>

#include "cli/options.h"

namespace cloche::cli {

std::span<const Option> doctor_options();

}  // namespace cloche::cli
