// The options of `cloche lab`: the rows that dispatch.cc shows.
#pragma once

#include <span>

#include "cli/options.h"

namespace cloche::cli {

std::span<const Option> lab_options();

}  // namespace cloche::cli
