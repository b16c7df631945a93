// One run from a plan to its outcome: clone, id maps, cgroup, one event loop, the end.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "plan/plan.h"
#include "sandbox/newborn.h"
#include "sandbox/outcome.h"
#include "sandbox/placement.h"
#include "trace/calls.h"

namespace cloche {

/// What somebody outside may want to know while it runs; every function may be empty.
struct RunHooks {
  /// Called once, `lives_after` seconds after the payload's start, or just before it for none, and not at all
  /// for what is over by then: pid 1 as the host numbers it, the payload's cgroup (empty: none), and how the
  /// sandbox is entered (sandbox/doors.h).
  std::function<void(pid_t init, const std::string& cgroup, const std::string& entry)> lives;
  double lives_after = 0;
  /// The first refused call of each kind, as it happens.
  std::function<void(const Denial&)> refused;
  std::string registry;        ///< its folder (sandbox/registry.h)
  bool sample = false;         ///< fill Outcome::samples
  std::optional<Watch> watch;  ///< trace it: fill Outcome::observed
};

/// What was begun before there was a plan, in the order in which it goes last to first.
struct Begun {
  std::unique_ptr<Placement> placement;
  std::unique_ptr<Newborn> child;  ///< pid 1; one that does not fit the plan is not used
};

/// Runs the plan. A failure to set it up is an Outcome too (setup_error), not an exception; what is thrown
/// is what keeps even that from being told. Every process of the sandbox is gone when it returns.
Outcome run_sandbox(const Plan& plan, const RunHooks& hooks, Begun begun = {});

}  // namespace cloche
