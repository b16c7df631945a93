#include "sandbox/clone.h"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

#include <cerrno>
#include <new>

#include "base/error.h"
#include "sandbox/failure.h"

namespace cloche {

SharedFailure::SharedFailure() {
  void* page = ::mmap(nullptr, sizeof *record_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) throw_errno(errno, "cannot share memory with the sandbox", "");
  record_ = new (page) child::Failure{};
}

Process spawn(const child::Frozen& frozen, int* cgroup) {
  int pidfd = -1;
  clone_args arguments{};
  arguments.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
  arguments.exit_signal = SIGCHLD;
  if (*cgroup >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<std::uint64_t>(*cgroup);
  }
  auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
  if (pid < 0 && *cgroup >= 0) {
    *cgroup = -1;
    arguments.flags &= ~static_cast<std::uint64_t>(CLONE_INTO_CGROUP);
    pid = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
  }
  if (pid == 0) child::init_main(frozen);
  if (pid < 0) throw explain_clone(errno);
  return {pid, Fd(pidfd)};
}

}  // namespace cloche
