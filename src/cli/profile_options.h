// The options of `cloche profile`: the rows that dispatch.cc shows.
#pragma once

#include <span>

#include "cli/options.h"

namespace cloche::cli {

std::span<const Option> profile_options();

}  // namespace cloche::cli
