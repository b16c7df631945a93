// Keeps a run's placeholders for as long as the sandbox lives. SIGKILL of cloche must not leave them behind,
// so a process of its own waits for cloche to be gone before they were taken away, and then does that.
//
//   Sweeper sweeper(plan.view, registry, init.pidfd);
//   errors = sweeper.lay();            // before what lies on them is mounted
//   sweeper.take();                    // pid 1 has ended: the host is as it was
#pragma once

#include <string>
#include <vector>

#include "base/fd.h"
#include "plan/plan.h"
#include "sandbox/placeholders.h"

namespace cloche {

class Sweeper {
 public:
  /// Starts the process. `view` must outlive it. `init` is the sandbox's pid 1: with it ends all that could
  /// use a place that is taken away.
  Sweeper(const ViewPlan& view, const std::string& registry, const Fd& init);
  /// Ends the process.
  ~Sweeper();
  Sweeper(const Sweeper&) = delete;
  Sweeper& operator=(const Sweeper&) = delete;

  /// An errno or 0 for each of the view's placeholders.
  std::vector<int> lay() { return placeholders_.lay(); }
  /// Once pid 1 has ended. The process is of no use then.
  void take();

 private:
  Placeholders placeholders_;
  Fd control_;
  pid_t pid_ = -1;
  bool taken_ = false;
};

}  // namespace cloche
