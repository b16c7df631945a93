#include "sandbox/newborn.h"

#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>

#include "base/error.h"
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
  frozen.processors->send_elsewhere(pid);
  frozen.processors->stay_here();
  return {pid, Fd(pidfd)};
}

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
  values.processors = &processors_;
  process_ = spawn(values, cgroup, in_cgroup_);
}

bool Newborn::fits(const Plan& plan) const {
  return (plan.net == NetMode::none) == frozen_.value().own_network && (!maps_ || identity_ == plan.identity);
}

void Newborn::map_ids(const IdentityPlan& identity) {
  if (maps_) return;
  identity_ = identity;
  maps_ = std::make_unique<IdMaps>(process_.pid, identity_, processors_);
}

void Newborn::finish_maps() {
  maps_->finish();
  say({child::Say::mapped, 0, 0});
  processors_.come_back();
}

void Newborn::end() {
  if (!process_.pidfd) return;
  processors_.come_back();
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
