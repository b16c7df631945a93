#include "sandbox/sharing_process.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>

#include "base/error.h"

namespace cloche {
namespace {

constexpr std::size_t kStack = 16 * 1024;  // bytes, for a handful of system calls

}  // namespace

void SharingProcess::start(int (*run)(void*), void* argument) {
  stack_.reset(new char[kStack]);  // not make_unique, which would touch all of it
  int pidfd = -1;
  process_.pid = ::clone(run, stack_.get() + kStack, CLONE_VM | CLONE_PIDFD | SIGCHLD, argument, &pidfd);
  if (process_.pid < 0) throw_errno(errno, "cannot start a process", "", "close others, or raise ulimit -u");
  process_.pidfd.reset(pidfd);
}

void SharingProcess::kill() {
  if (pidfd()) send_signal(pidfd(), SIGKILL);
}

int SharingProcess::wait() {
  int status = 0;
  while (::waitpid(process_.pid, &status, 0) < 0 && errno == EINTR) {
  }
  process_.pidfd.reset();
  return status;
}

SharingProcess::~SharingProcess() {
  kill();
  if (pidfd()) wait();
}

}  // namespace cloche
