// A child process in new namespaces that does nothing until it is killed, with this object at the latest.
#pragma once

#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>

namespace cloche::testing {

class WaitingChild {
 public:
  /// `namespaces`: CLONE_NEW… of clone(2).
  explicit WaitingChild(std::uint64_t namespaces) {
    clone_args arguments{};
    arguments.flags = namespaces;
    arguments.exit_signal = SIGCHLD;
    pid_ = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
    if (pid_ != 0) return;
    ::pause();
    ::_exit(0);
  }
  ~WaitingChild() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  WaitingChild(const WaitingChild&) = delete;
  WaitingChild& operator=(const WaitingChild&) = delete;

  /// Below 0 where the kernel refused it.
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

}  // namespace cloche::testing
