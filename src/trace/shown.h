// What the view of a plan shows at a path, found by reading the plan's steps: the question of everybody who
// asks why a path could not be used, or which part of the view a path needs.
#pragma once

#include <string>

#include "plan/plan.h"

namespace cloche {

struct Shown {
  std::string path;                 ///< inside, with the links that the plan itself makes followed
  const MountStep* step = nullptr;  ///< the one that decides, null: nothing stands there
  std::string outside;              ///< the host's path that is behind it, empty where none is
  bool writable() const;            ///< as far as the view decides it
};

/// `path` is absolute and clean. A link on the host is not followed.
Shown shown_at(const Plan& plan, const std::string& path);

/// The folder that holds `path`; "/" of "/".
std::string folder_of(const std::string& path);

}  // namespace cloche
