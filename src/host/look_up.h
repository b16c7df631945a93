// What stands at the paths that a spec names.
#pragma once

#include <string>
#include <vector>

#include "host/facts.h"

namespace cloche {

/// Fills facts.paths for each of `paths` (absolute). A folder's entries are listed only for `root_tree`, the
/// --rootfs, where it is not empty.
void look_up(HostFacts& facts, const std::vector<std::string>& paths, const std::string& root_tree = {});

}  // namespace cloche
