// Keeps a run's placeholders for as long as the sandbox lives. SIGKILL of cloche must not leave them behind,
// so a process of its own waits for cloche to be gone before they were taken away, and then does that. Until
// then it shares cloche's memory, which is cheaper than a copy of it, and is lost with cloche only where the
// kernel runs out of memory and takes cloche of all processes: the next run in the folder tidies up then.
//
//   Sweeper sweeper(plan.view, registry, init.pidfd);
//   errors = sweeper.lay();            // before what lies on them is mounted
//   sweeper.take();                    // nobody is left inside: the host is as it was
#pragma once

#include <string>
#include <vector>

#include "base/fd.h"
#include "plan/plan.h"
#include "sandbox/placeholders.h"
#include "sandbox/sharing_process.h"

namespace cloche {

class Sweeper {
 public:
  /// argv[0] of the process when it sweeps: this program anew, whose memory nobody was killed in.
  static constexpr const char* kProgram = "cloche-sweeper";
  /// What main() does under that name. An exit status.
  static int main();

  /// Starts the process. `view` must outlive it. `init` is the sandbox's pid 1: with it ends all that could
  /// use a place that is taken away.
  Sweeper(const ViewPlan& view, const std::string& registry, const Fd& init);
  /// Takes, unless that was done, and ends the process.
  ~Sweeper() { take(); }
  Sweeper(const Sweeper&) = delete;
  Sweeper& operator=(const Sweeper&) = delete;

  /// An errno or 0 for each of the view's placeholders.
  std::vector<int> lay() { return placeholders_.lay(); }
  /// Once pid 1 has ended, or nobody else is left and it is about to. The process is of no use then and
  /// killed, but not waited for yet.
  void take();

 private:
  static int watch(void* self) noexcept;

  Placeholders placeholders_;
  std::string told_;  ///< what main() needs
  Fd control_, its_control_;
  int init_;
  bool taken_ = false;
  SharingProcess process_;  ///< last: it ends before what it uses
};

}  // namespace cloche
