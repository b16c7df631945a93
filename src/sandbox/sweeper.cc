#include "sandbox/sweeper.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <exception>

#include "base/error.h"
#include "sandbox/placeholders.h"

namespace cloche {
namespace {

void wait_for_the_end(int init) {
  pollfd ended = {init, POLLIN, 0};
  while (::poll(&ended, 1, -1) < 0 && errno == EINTR) {
  }
}

/// The process: it keeps nothing of the caller's, no file, no terminal and no signal of it.
[[noreturn]] void sweep(const ViewPlan& view, const std::string& registry, int control, int init) noexcept {
  ::prctl(PR_SET_NAME, "cloche-sweeper", 0, 0, 0);
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::setsid();
  if (::dup2(control, 0) != 0 || ::dup2(init, 1) != 1 || ::syscall(SYS_close_range, 2U, ~0U, 0U) != 0)
    ::_exit(1);
  try {
    Placeholders placeholders(view, registry);
    const std::vector<int> errors = placeholders.lay();
    const bool home_is_left = ::chdir("/") == 0;
    if (home_is_left) ::send(0, errors.data(), errors.size() * sizeof(int), MSG_NOSIGNAL);
    wait_for_the_end(1);
    placeholders.take();
  } catch (const std::exception&) {
    ::_exit(1);
  }
  ::_exit(0);
}

}  // namespace

Sweeper::Sweeper(const ViewPlan& view, const std::string& registry, const Fd& init)
    : view_(view), registry_(registry) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    throw_errno(errno, "cannot make a socket pair", "");
  control_.reset(ends[0]);
  const Fd its(ends[1]);
  pid_ = ::fork();
  if (pid_ == 0) sweep(view_, registry_, its.get(), init.get());
  if (pid_ < 0) throw_errno(errno, "cannot start a process", "", "close others, or raise ulimit -u");
}

std::vector<int> Sweeper::laid() {
  std::vector<int> errors(view_.placeholders.size());
  const std::size_t size = errors.size() * sizeof(int);
  ssize_t got;
  do got = ::recv(control_.get(), errors.data(), size, 0);
  while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(size)) errors.assign(errors.size(), ESRCH);  // somebody has killed it
  return errors;
}

void Sweeper::finish() {
  if (pid_ < 0) return;
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  if (status == 0) return;
  // Somebody has killed it, so the work is done here, as after a machine's crash.
  Placeholders left(view_, registry_);
  left.lay();
  left.take();
}

}  // namespace cloche
