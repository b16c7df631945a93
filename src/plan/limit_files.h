// The limits of a plan as control files of a cgroup, in the order they are to be written.
#pragma once

#include <vector>

#include "cgroup/limits.h"
#include "spec/spec.h"

namespace cloche {

/// A block device is looked up here: throws Error where the path is none.
std::vector<LimitFile> limit_files(const LimitsSpec& limits);

}  // namespace cloche
