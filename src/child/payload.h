// The last steps before the command runs: who it is, what it may, then execve. The order is the contract:
//   session and terminal, loopback, cgroup namespace, limits, the bounding set, signals: nothing that needs
//   ids or view; once the host's root is out of reach: groups and ids, the working folder; capabilities,
//   no_new_privs, Landlock (it forbids all mounts), label, the filter last.
#pragma once

#include "child/frozen.h"

namespace cloche::child {

/// `terminal` is the payload's end of its pty, -1 for none; `in_cgroup`: a payload cgroup was joined.
[[noreturn]] void payload_main(const Frozen& frozen, int terminal, bool in_cgroup);

/// Empties the bounding set but for `keep`. Returns false with errno set.
bool restrict_bounding_set(std::uint64_t keep);
/// Empties every other capability set but for `keep`, and locks the rules of exec for uid 0 (securebits).
/// Returns false with errno set.
bool restrict_capabilities(const Frozen& frozen, std::uint64_t keep);

}  // namespace cloche::child
