// The part of a plan that a further payload of the same sandbox is started by, read back from the JSON that
// plan/json.h wrote: who it is, where it starts, its environment, rlimits and policy.
#pragma once

#include <string>

#include "plan/plan.h"

namespace cloche {

/// Throws Error where `text` is no such plan: a payload is never started by half a policy.
Plan payload_plan_from_json(const std::string& text);

}  // namespace cloche
