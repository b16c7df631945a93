// The process that lays a run's placeholders and takes them away after it. It is a process of its own because
// SIGKILL of cloche must not leave them. It works beside cloche: laying while the view is built, and taking
// away from the end of pid 1 on, which ends with cloche.
//
//   Sweeper sweeper(plan.view, registry, init.pidfd);
//   errors = sweeper.laid();           // before what lies on them is mounted
//   sweeper.finish();                  // the host is as it was
#pragma once

#include <string>
#include <vector>

#include "base/pidfd.h"
#include "plan/plan.h"

namespace cloche {

class Sweeper {
 public:
  /// `view` must outlive it. `init` is the sandbox's pid 1: with it ends all that could use a place that is
  /// taken away.
  Sweeper(const ViewPlan& view, const std::string& registry, const Fd& init);
  ~Sweeper() { finish(); }
  Sweeper(const Sweeper&) = delete;
  Sweeper& operator=(const Sweeper&) = delete;

  /// Waits until they are laid: an errno or 0 for each of the view's placeholders.
  std::vector<int> laid();
  /// Waits until they are taken away; pid 1 must have ended.
  void finish();

 private:
  const ViewPlan& view_;
  std::string registry_;
  Fd control_;
  pid_t pid_ = -1;
};

}  // namespace cloche
