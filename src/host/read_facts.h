// Reads HostFacts from the machine: cheap, because every start pays for it (0.2 ms, most of it libsubid).
#pragma once

#include "host/facts.h"

namespace cloche {

/// Throws Error only where nothing can be done without the fact.
HostFacts read_host_facts();

}  // namespace cloche
