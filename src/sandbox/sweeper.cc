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

namespace cloche {
namespace {

/// Until cloche is gone, and pid 1 with all that lives in it.
void wait_for_the_end(int control, int init) {
  char byte;
  while (::recv(control, &byte, 1, 0) < 0 && errno == EINTR) {
  }
  pollfd ended = {init, POLLIN, 0};
  while (::poll(&ended, 1, -1) < 0 && errno == EINTR) {
  }
}

/// The process: it keeps nothing of the caller's, no file, no terminal and no signal of it, but the current
/// folder.
[[noreturn]] void sweep(const ViewPlan& view, const std::string& registry, int control, int init) noexcept {
  ::prctl(PR_SET_NAME, "cloche-sweeper", 0, 0, 0);
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::setsid();
  if (::dup2(control, 0) != 0 || ::dup2(init, 1) != 1 || ::syscall(SYS_close_range, 2U, ~0U, 0U) != 0)
    ::_exit(1);
  wait_for_the_end(0, 1);
  try {
    Placeholders left(view, registry);
    left.lay();  // those that are there are its own then
    left.take();
  } catch (const std::exception&) {
    ::_exit(1);
  }
  ::_exit(0);
}

}  // namespace

Sweeper::Sweeper(const ViewPlan& view, const std::string& registry, const Fd& init)
    : placeholders_(view, registry) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    throw_errno(errno, "cannot make a socket pair", "");
  control_.reset(ends[0]);
  const Fd its(ends[1]);
  pid_ = ::fork();
  if (pid_ == 0) sweep(view, registry, its.get(), init.get());
  if (pid_ < 0) throw_errno(errno, "cannot start a process", "", "close others, or raise ulimit -u");
}

void Sweeper::take() {
  if (taken_) return;
  placeholders_.take();
  ::kill(pid_, SIGKILL);
  taken_ = true;
}

Sweeper::~Sweeper() {
  take();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace cloche
