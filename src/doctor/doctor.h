// What this machine allows beyond the bare kernel (host/probe.h): ids through the helpers, cgroups through
// systemd. Each is done for real, by the code that a run uses, and undone.
#pragma once

#include "host/facts.h"
#include "host/probe.h"

namespace cloche::doctor {

/// Subordinate ids, the map helpers, and a range mapped through them.
Findings examine_identity(const HostFacts& facts);

/// The cgroup tree, the caller's place in it, the user's systemd, a scope of it, and what can be limited
/// there.
Findings examine_cgroups(const HostFacts& facts);

}  // namespace cloche::doctor
