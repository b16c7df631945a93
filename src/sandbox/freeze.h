// A plan as the plain structs that the child works through. The strings stay the plan's: it must outlive
// this.
#pragma once

#include <linux/filter.h>

#include <string>
#include <vector>

#include "child/frozen.h"
#include "plan/plan.h"

namespace cloche {

class FrozenPlan {
 public:
  /// `filter` is empty for no filter. `listened` says the same and asks a listener about what it refuses,
  /// which comes back over the control socket; empty: nobody listens.
  FrozenPlan(const Plan& plan, const std::vector<sock_filter>& filter,
             const std::vector<sock_filter>& listened = {});
  FrozenPlan(const FrozenPlan&) = delete;
  FrozenPlan& operator=(const FrozenPlan&) = delete;

  child::Frozen& value() { return frozen_; }

 private:
  void freeze_mounts(const Plan& plan);
  void freeze_command(const Plan& plan);
  void freeze_limits(const Plan& plan);
  void freeze_landlock(const Plan& plan);

  child::Frozen frozen_{};
  std::vector<child::Mount> mounts_;
  std::vector<int> source_fds_;
  std::vector<const char*> argv_, envp_, candidates_, shell_argv_;
  std::vector<std::string> candidate_paths_;
  std::vector<child::Rlimit> rlimits_;
  std::vector<child::LandlockTree> trees_;
  std::vector<child::LandlockPort> ports_;
  std::string label_;
  std::vector<sock_filter> filter_, listened_;
};

}  // namespace cloche
