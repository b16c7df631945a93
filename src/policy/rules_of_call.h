// Several rules on one call, as libseccomp takes them, which runc and crun build their filters with:
//
//   the first rule without conditions decides, whatever other rules say; there is no order among the rest
//   rules of one action hold where any of them holds
//   where rules of different actions can hold for the same arguments, libseccomp tests the higher argument
//   first, and the larger value; it refuses two actions for the same conditions
//
// For comparisons other than "equal" the last is an accident of how its tree was built (it even contradicts
// itself there), so such a contradiction is refused here: nobody can mean it.
#pragma once

#include <optional>
#include <vector>

#include "policy/filter.h"

namespace cloche {

/// Rules for one call in the order of their file, as first-match rules; none where they contradict each
/// other.
std::optional<CallPolicy> combine(std::vector<CallPolicy::Rule> rules, const Action& otherwise);

}  // namespace cloche
