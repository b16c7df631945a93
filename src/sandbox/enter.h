// A further command in a sandbox that runs: the same namespaces, cgroup and policy as its first.
//
//   const RunningSandbox sandbox = running_sandbox(folder, "make-17");
//   const Outcome outcome = enter_sandbox(sandbox, {.plan = plan, .place = facts});
//
// The command ends by itself, with the sandbox, or with the cloche that entered.
#pragma once

#include "cgroup/place.h"
#include "plan/plan.h"
#include "sandbox/outcome.h"
#include "sandbox/registry.h"

namespace cloche {

struct EnterRequest {
  Plan plan;         ///< payload_plan_from_json of the sandbox's, with the new command, environment and tty
  PlaceFacts place;  ///< of whoever enters: how systemd is reached to move the command into the cgroup
};

/// A part of the policy that cannot be had again is a setup_error, never less policy.
Outcome enter_sandbox(const RunningSandbox& sandbox, const EnterRequest& request);

}  // namespace cloche
