#include "child/start.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "child/fail.h"
#include "child/payload.h"
#include "child/processors.h"
#include "child/sharing.h"

namespace cloche::child {

Message expect(const Frozen& frozen, Say say, int* fd) {
  Message message;
  if (!receive_message(frozen.control, message, fd)) fail(frozen, Step::handshake);
  if (message.say != say) {
    errno = EPROTO;
    fail(frozen, Step::handshake);
  }
  return message;
}

int make_terminal(const Frozen& frozen) {
  const int master = ::open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
  int unlock = 0;
  if (master < 0 || ::ioctl(master, TIOCSPTLCK, &unlock) != 0) fail(frozen, Step::terminal);
  const int terminal = ::ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0 || ::ioctl(terminal, TIOCSWINSZ, &frozen.window) != 0 ||
      (frozen.has_termios && ::ioctl(terminal, TCSETS, &frozen.modes) != 0) ||
      ::fchown(terminal, frozen.uid, static_cast<gid_t>(-1)) != 0 ||
      !send_message(frozen.control, {Say::terminal, 0, 0}, master) || ::ioctl(terminal, TIOCSCTTY, 0) != 0)
    fail(frozen, Step::terminal);
  ::close(master);
  return terminal;
}

namespace {

int get_ready(void* frozen) {
  payload_main(*static_cast<const Frozen*>(frozen), -1, false);
}

}  // namespace

pid_t start_payload(const Frozen& frozen, int cgroup, int terminal) {
  const bool shares = frozen.payload_first && frozen.may_share;
  pid_t payload = shares ? clone_sharing(get_ready, const_cast<Frozen*>(&frozen)) : -1;
  if (payload < 0) {
    clone_args arguments{};
    arguments.exit_signal = SIGCHLD;
    if (cgroup >= 0) {
      arguments.flags = CLONE_INTO_CGROUP;
      arguments.cgroup = static_cast<std::uint64_t>(cgroup);
    }
    payload = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
  }
  if (payload < 0) fail(frozen, Step::spawn);
  if (payload == 0) payload_main(frozen, terminal, cgroup >= 0);
  if (frozen.payload_first) frozen.processors.send_elsewhere(payload);
  return payload;
}

void close_to_others(const Frozen& frozen) {
  if (!frozen.dumpable_init && ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) fail(frozen, Step::init_identity);
}

void give_up_privileges(const Frozen& frozen) {
  const std::uint64_t keep = ::geteuid() == frozen.uid ? 0 : std::uint64_t{1} << CAP_KILL;
  // Closed first: without capabilities and still dumpable, it could be traced for a moment.
  close_to_others(frozen);
  if (!restrict_bounding_set(keep) || !restrict_capabilities(frozen, keep) ||
      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    fail(frozen, Step::init_identity);
}

}  // namespace cloche::child
