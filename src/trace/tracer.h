// The ptrace side of an observed run: a thread of cloche's that seizes pid 1, follows the payload that this
// forks, lets go of pid 1, and then sees each call that the filter answers with SECCOMP_RET_TRACE, and each
// process that is born. Everything else runs at full speed.
//
//   Tracer tracer(init, Watch::names);   // before pid 1 is told to start the payload
//   …                                    // the run, in the event loop of another thread
//   const Log log = tracer.finish();     // after the last process of the sandbox
//
// What a tracer must leave as it was: signals are passed on; a stopped process stays stopped until somebody
// continues it (PTRACE_LISTEN); wait statuses reach pid 1 after the tracer has seen them. When the thread
// ends, whatever it still traces is killed (PTRACE_O_EXITKILL).
//
// A payload that is not followed (CLONE_UNTRACED) gets ENOSYS for every observed call: nothing is gained.
#pragma once

#include <sys/types.h>

#include <future>
#include <thread>

#include "trace/act.h"
#include "trace/calls.h"

namespace cloche {

class Tracer {
 public:
  /// Throws Error where the kernel lets nobody trace.
  Tracer(pid_t init, Watch watch);
  /// Every process of the sandbox must be gone, or be about to.
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  /// Waits until nothing is traced any more.
  Log finish();

 private:
  std::future<Log> log_;
  std::thread thread_;
};

}  // namespace cloche
