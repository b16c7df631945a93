// Pictures of the cgroup tree as it is at one moment: who owns which node, and where a process sits.
#pragma once

#include <string>
#include <vector>

#include "lab/experiment.h"

namespace cloche::lab {

/// The cgroups at `paths`, all above them, and what is directly below the last one, in the order of the tree.
Tree tree_of(const Situation& s, const std::vector<std::string>& paths);

}  // namespace cloche::lab
