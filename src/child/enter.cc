// Enters a sandbox that runs already and starts a further payload in it. What lives inside is hostile and may
// be the same user, so the order matters:
//   not dumpable before the first door, so that nobody inside can trace this process or read it in /proc;
//   the user namespace first, because entering the others takes its capabilities; the view before the fork;
//   this process itself stays outside the pid namespace: inside it has no number to be signalled by. The fork
//   is inside, and is confined as the first payload was before it executes anything.
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "child/fail.h"
#include "child/frozen.h"
#include "child/messages.h"
#include "child/start.h"
#include "child/view.h"

namespace cloche::child {
namespace {

/// Waits for the payload and hands on what cloche asks for. Only the payload is ever signalled: this process
/// sees the host's processes.
class Watcher {
 public:
  Watcher(const Frozen& frozen, pid_t payload) : frozen_(frozen), payload_(payload) {}

  [[noreturn]] void run() {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    const int signals = ::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0) fail(frozen_, Step::handshake);
    pollfd ready[2] = {{signals, POLLIN, 0}, {frozen_.control, POLLIN, 0}};
    while (true) {
      look();
      if (::poll(ready, 2, -1) < 0 && errno != EINTR) end();
      signalfd_siginfo taken;
      while (::read(signals, &taken, sizeof taken) > 0) {
      }
      if (ready[1].revents) obey();
    }
  }

 private:
  void look() {
    int status;
    while (::waitpid(payload_, &status, WNOHANG | WUNTRACED | WCONTINUED) > 0) {
      if (WIFSTOPPED(status)) {
        send_message(frozen_.control, {Say::stopped, WSTOPSIG(status), 0});
      } else if (WIFCONTINUED(status)) {
        send_message(frozen_.control, {Say::continued, 0, 0});
      } else {
        send_message(frozen_.control, {Say::ended, status, 0});
        ::_exit(0);
      }
    }
  }

  /// cloche is gone: so is what it ran.
  [[noreturn]] void end() {
    ::kill(-payload_, SIGKILL);
    ::kill(payload_, SIGKILL);
    ::_exit(125);
  }

  void obey() {
    Message message;
    if (!receive_message(frozen_.control, message)) end();
    if (message.say == Say::signal) ::kill(message.group ? -payload_ : payload_, message.value);
  }

  const Frozen& frozen_;
  pid_t payload_;
};

}  // namespace

void enter_main(const Frozen& frozen, const Door* doors, std::size_t count) {
  ::close(frozen.parent_control);
  ::prctl(PR_SET_NAME, "cloche-exec", 0, 0, 0);
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) fail(frozen, Step::enter);
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  // Its cgroup before its namespaces: systemd moves processes of its own user namespace only.
  int cgroup = -1;
  expect(frozen, Say::placed, &cgroup);
  for (std::size_t i = 0; i < count; ++i) {
    if (::setns(doors[i].fd, doors[i].kind) != 0) fail(frozen, Step::enter, i);
    ::close(doors[i].fd);
  }
  if (::setsid() < 0) fail(frozen, Step::session);
  const int terminal = frozen.tty ? make_terminal(frozen) : -1;
  const pid_t payload = start_payload(frozen, cgroup, terminal);
  if (cgroup >= 0) ::close(cgroup);
  give_up_privileges(frozen);
  for (int fd = 0; fd <= 2; ++fd) ::close(fd);
  if (terminal >= 0) ::close(terminal);
  Watcher(frozen, payload).run();
}

}  // namespace cloche::child
