#include "sandbox/newborn.h"

#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/libraries.h"
#include "sandbox/failure.h"
#include "sandbox/signals.h"

namespace cloche {
namespace {

constexpr int kLeaving = 1000;  // ms

Process spawn(const child::Frozen& frozen, int cgroup, bool& in_cgroup) {
  int pidfd = -1;
  clone_args arguments{};
  arguments.flags = CLONE_NEWUSER | CLONE_NEWPID | CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
  arguments.exit_signal = SIGCHLD;
  in_cgroup = cgroup >= 0;
  if (in_cgroup) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<std::uint64_t>(cgroup);
  }
  auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
  if (pid < 0 && in_cgroup) {
    in_cgroup = false;
    arguments.flags &= ~static_cast<std::uint64_t>(CLONE_INTO_CGROUP);
    pid = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
  }
  if (pid == 0) child::init_main(frozen);
  if (pid < 0) throw explain_clone(errno);
  frozen.processors.send_elsewhere(pid);
  frozen.processors.stay_here();
  return {pid, Fd(pidfd)};
}

/// While it lives, a fork gets no copy of the heap (MADV_DONTFORK, madvise(2)). Pid 1 has its values in
/// memory of its own (child/frozen.h) and takes none of what cloche has read into the sandbox; and neither of
/// the two is stopped at each page that it writes first, 0.3 ms of a start where a virtual machine has no
/// hardware's help.
class HeapKeptBack {
 public:
  HeapKeptBack() {
    // A dynamic linker has what it binds by on the heap.
    if (!linked_statically()) return;
    // Libc has this thread's block, which is for the child too, at the beginning of it: errno's page, or that
    // and the next.
    const auto page = static_cast<std::uintptr_t>(::getpagesize());
    const auto end = reinterpret_cast<std::uintptr_t>(::sbrk(0)) / page * page;
    begin_ = (reinterpret_cast<std::uintptr_t>(&errno) / page + 2) * page;
    if (begin_ < end) size_ = end - begin_;
    advise(MADV_DONTFORK);
  }
  ~HeapKeptBack() { advise(MADV_DOFORK); }
  HeapKeptBack(const HeapKeptBack&) = delete;
  HeapKeptBack& operator=(const HeapKeptBack&) = delete;

 private:
  void advise(int advice) const {
    if (size_ > 0) ::madvise(reinterpret_cast<void*>(begin_), size_, advice);
  }
  std::uintptr_t begin_ = 0;
  std::size_t size_ = 0;
};

}  // namespace

Newborn::Newborn(bool own_network, int cgroup) {
  hold_signals(SIG_BLOCK);
  ::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    throw_errno(errno, "cannot make a socket pair", "");
  control_.reset(ends[0]);
  const Fd childs(ends[1]);
  child::Frozen& values = frozen_.value();
  values.control = childs.get();
  values.parent_control = control_.get();
  values.own_network = own_network;
  values.closes_view = true;
  const HeapKeptBack heap;
  process_ = spawn(values, cgroup, in_cgroup_);
}

bool Newborn::fits(const Plan& plan) const {
  return (plan.net == NetMode::none) == frozen_.value().own_network && (!maps_ || identity_ == plan.identity);
}

void Newborn::map_ids(const IdentityPlan& identity) {
  if (maps_) return;
  identity_ = identity;
  maps_ = std::make_unique<IdMaps>(process_.pid, identity_, processors());
}

void Newborn::finish_maps() {
  maps_->finish();
  say({child::Say::mapped, 0, 0});
  processors().come_back();
}

void Newborn::end() {
  if (!process_.pidfd) return;
  processors().come_back();
  if (frozen_.value().cgroup_to_leave) {
    control_.reset();
    pollfd ended = {process_.pidfd.get(), POLLIN, 0};
    ::poll(&ended, 1, kLeaving);
  }
  send_signal(process_.pidfd, SIGKILL);
  int status;
  ::waitpid(process_.pid, &status, __WALL);
  process_.pidfd.reset();
}

}  // namespace cloche
