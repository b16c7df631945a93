// The end of a child that cannot go on.
#pragma once

#include "child/frozen.h"

namespace cloche::child {

/// Records the failure (errno as it is) and ends the process, a pid 1 not before it has left the cgroup that
/// systemd is asked to move it out of: a scope that is given a dead process stays for good.
[[noreturn]] void fail(const Frozen& frozen, Step step, std::size_t index = 0);

}  // namespace cloche::child
