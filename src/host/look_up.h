// What stands at the paths that a spec names.
#pragma once

#include <string>
#include <vector>

#include "host/facts.h"

namespace cloche {

/// Fills facts.paths for each of `paths` (absolute). A folder's entries are listed only for `root_tree`, the
/// --rootfs, where it is not empty. A placeholder of another run counts as missing. Where a folder has been
/// found to be missing, what is in it is not looked for.
void look_up(HostFacts& facts, const std::vector<std::string>& paths, const std::string& root_tree = {});

/// Fills facts.texts with the files at `paths` (absolute). Throws Error for what is no regular file of a size
/// that a policy can have; waits for nothing, a fifo included.
void read_texts(HostFacts& facts, const std::vector<std::string>& paths);

}  // namespace cloche
