// Two processes side by side, where there are processors for both. The kernel leaves a new process behind its
// maker where every processor is busy at that moment, and one that is idle soon after does not fetch it at
// once (newly idle balancing in sched(7)'s fair class): the two would work one after the other.
//
//   const Processors all;                // before the first clone
//   …
//   all.send_elsewhere(pid1);            // cloche; and each of the two for what it starts
//   all.stay_here();
//   …                                    // each of them, once they need no longer be apart:
//   all.come_back();
#pragma once

#include <sched.h>
#include <sys/types.h>

namespace cloche::child {

class Processors {
 public:
  /// Those that this process may run on.
  Processors();
  /// Has the process, and what it executes, run on any but the one that this process is on now. Nothing
  /// happens where there is no other, or the process is not the caller's.
  void send_elsewhere(pid_t process) const;
  /// Where there are two, keeps this process on the one that it is on now: what it has sent elsewhere, and
  /// wakes, would be put in line behind it if it went there. Where there are more, one is idle at times.
  void stay_here() const;
  /// Lets this process run on all of them again, wherever it is now.
  void come_back() const;

 private:
  bool are_known_;  ///< not on a machine with more than there is room for, where one is idle anyway
  cpu_set_t all_;
};

}  // namespace cloche::child
