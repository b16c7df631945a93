// The process that lays a run's placeholders and takes them away after it. It is a process of its own because
// SIGKILL of cloche must not leave them; it ends by itself as soon as it has nothing to take away. It works
// beside cloche: laying while the sandbox is cloned, taking while the cgroup is removed.
//
//   Sweeper sweeper(plan.view, registry, init.pidfd);
//   errors = sweeper.laid();           // before the view is built
//   sweeper.release();                 // pid 1 is gone
//   sweeper.finish();                  // the host is as it was
#pragma once

#include <string>
#include <vector>

#include "base/pidfd.h"
#include "plan/plan.h"

namespace cloche {

class Sweeper {
 public:
  /// `view` must outlive it. `init` is the sandbox's pid 1: nothing is taken away before that has ended.
  Sweeper(const ViewPlan& view, const std::string& registry, const Fd& init);
  ~Sweeper() { finish(); }
  Sweeper(const Sweeper&) = delete;
  Sweeper& operator=(const Sweeper&) = delete;

  /// Waits until they are laid: an errno or 0 for each of the view's placeholders.
  std::vector<int> laid();
  void release() { control_.reset(); }
  void finish();

 private:
  const ViewPlan& view_;
  std::string registry_;
  Fd control_;
  pid_t pid_ = -1;
};

}  // namespace cloche
