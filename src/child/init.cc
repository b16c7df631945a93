// Pid 1 of the sandbox: builds the view, starts the payload, reaps, and ends with it. The payload never is
// pid 1 itself: the kernel ignores the default action of signals there, and nobody would reap orphans.
//
// Cloche and pid 1 work side by side, each waiting only for what it needs of the other:
//   cloche:  clone   maps the ids (or starts the helpers)   plans   planned   [helpers end]   mapped   placed
//   pid 1:           the other namespaces   …planned…   [payload]   sources   …mapped…
//                    view   …placed…   [payload]   takes the host's root away   gives up privileges   reaps
//   payload:                          gets ready   …mapped…   its ids, its filter   …built…
//                    Landlock's rules   …the host's root is away…   confines itself   exec
// It is forked early where it is not born in a cgroup, gets no terminal and is not traced, and shares pid 1's
// memory until exec then, where nothing is in the way of that; else it is forked when these are there.
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "child/fail.h"
#include "child/frozen.h"
#include "child/messages.h"
#include "child/namespaces.h"
#include "child/processors.h"
#include "child/sender.h"
#include "child/start.h"
#include "child/view.h"

namespace cloche::child {
namespace {

class Reaper {
 public:
  Reaper(const Frozen& frozen, pid_t payload, bool awaits_release)
      : frozen_(frozen), payload_(payload), awaits_release_(awaits_release) {}

  [[noreturn]] void run() {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    const int signals = ::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0) fail(frozen_, Step::handshake);
    pollfd ready[2] = {{signals, POLLIN, 0}, {frozen_.control, POLLIN, 0}};
    while (true) {
      reap();
      if (::poll(ready, 2, -1) < 0 && errno != EINTR) ::_exit(125);
      signalfd_siginfo taken;
      while (::read(signals, &taken, sizeof taken) > 0) {
      }
      if (ready[1].revents) obey();
    }
  }

 private:
  void reap() {
    int status;
    while (const pid_t pid = ::waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) {
      if (pid < 0) return;
      if (pid != payload_) continue;
      if (WIFSTOPPED(status)) {
        send_message(frozen_.control, {Say::stopped, WSTOPSIG(status), 0});
      } else if (WIFCONTINUED(status)) {
        send_message(frozen_.control, {Say::continued, 0, 0});
      } else {
        end(status);
      }
    }
  }

  [[noreturn]] void end(int status) {
    Sender(frozen_).await();
    const bool alone = ::kill(-1, SIGKILL) != 0 && errno == ESRCH;
    send_message(frozen_.control, {Say::ended, status, alone ? 1 : 0});
    Message message{};
    while (awaits_release_ && receive_message(frozen_.control, message) && message.say != Say::release) {
    }
    ::_exit(0);
  }

  void obey() {
    Message message;
    if (!receive_message(frozen_.control, message)) ::_exit(125);  // cloche is gone: so is everything here
    if (message.say != Say::signal) return;
    ::kill(message.group ? -payload_ : payload_, message.value);
  }

  const Frozen& frozen_;
  pid_t payload_;
  bool awaits_release_;
};

}  // namespace

void init_main(const Frozen& frozen) {
  ::close(frozen.parent_control);
  // No parent-death signal before the payload runs: where cloche is gone the socket tells, and fail() knows
  // when to end.
  ::prctl(PR_SET_NAME, "cloche-init", 0, 0, 0);
  ::umask(0);
  // Signals wait for the reaper's descriptor; the payload unblocks them just before exec.
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  make_namespaces(frozen);
  expect(frozen, Say::planned);
  if (::setsid() < 0) fail(frozen, Step::session);
  pid_t payload = frozen.payload_first ? start_payload(frozen, -1, -1) : 0;
  open_sources(frozen);
  if (::sethostname(frozen.hostname, __builtin_strlen(frozen.hostname)) != 0) fail(frozen, Step::hostname);
  expect(frozen, Say::mapped);
  reach(frozen, ViewStage::mapped);
  build_view(frozen);
  const int terminal = frozen.tty ? make_terminal(frozen) : -1;
  int cgroup = -1;
  const bool awaits_release = expect(frozen, Say::placed, &cgroup).value != 0;
  frozen.processors.come_back();
  if (!payload) {
    payload = start_payload(frozen, cgroup, terminal);
  } else if (cgroup >= 0) {  // it would run outside of its limits
    errno = EPROTO;
    fail(frozen, Step::handshake);
  }
  if (cgroup >= 0) ::close(cgroup);
  close_to_others(frozen);  // before the payload follows paths: /proc/1/root is one
  reach(frozen, ViewStage::built);
  close_view(frozen);
  give_up_privileges(frozen);
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) fail(frozen, Step::init_identity);
  // The caller's files are the payload's: pid 1 would hold pipes open that others wait to see closed.
  for (int fd = 0; fd <= 2; ++fd) ::close(fd);
  for (std::size_t i = 0; i < frozen.kept_fd_count; ++i) ::close(frozen.kept_fds[i]);
  Reaper(frozen, payload, awaits_release).run();
}

}  // namespace cloche::child
