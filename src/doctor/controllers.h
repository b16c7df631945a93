// What can be done in one cgroup of the caller's own: tried in it, read back, and removed. Told as lines of
// "KEY VALUE", because it is a process inside that cgroup that tries.
#pragma once

#include <map>
#include <string>

#include "cgroup/directory.h"
#include "host/probe.h"

namespace cloche::doctor {

/// Moves the caller to a leaf below `place` and tries there; `place` is left with that leaf only.
std::string try_in(const CgroupDirectory& place);

/// By key: a controller's name, or "kill", "freeze", "peak", "pressure", "clone". "ok", or what was answered.
using Tried = std::map<std::string, std::string>;
Tried tried_from(const std::string& lines);

/// A finding for each controller and each control file. `place` is empty where no cgroup was to be had.
Findings controller_findings(const Tried& tried);

inline constexpr const char* kLeaf = "doctor";

}  // namespace cloche::doctor
