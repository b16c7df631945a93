// Reads HostFacts from the machine: cheap, because every start pays for it (0.2 ms).
#pragma once

#include <string>

#include "host/facts.h"

namespace cloche {

/// Throws Error only where nothing can be done without the fact. Subordinate ids and the helpers that map
/// them are left out where a run is to have a single id.
HostFacts read_host_facts(bool with_subordinate_ids = true);

/// The same in two parts: first all that decides about ids, then the rest, but for what is there already
/// (cgroup).
HostFacts read_identity_facts(bool with_subordinate_ids);
void read_other_facts(HostFacts& facts);

/// HostFacts::cgroup alone.
std::string own_cgroup();
/// HostFacts::runtime_directory alone.
std::string runtime_directory();

}  // namespace cloche
