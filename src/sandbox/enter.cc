#include "sandbox/enter.h"

#include <linux/sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "child/messages.h"
#include "sandbox/doors.h"
#include "sandbox/event_loop.h"
#include "sandbox/failure.h"
#include "sandbox/freeze.h"
#include "sandbox/signals.h"
#include "sandbox/terminal.h"

namespace cloche {
namespace {

using child::Message;
using child::Say;

/// This process takes the lower of its own limits and those that the first payload inherited.
void lower_limits(const std::vector<child::Rlimit>& inherited) {
  for (const child::Rlimit& one : inherited) {
    const auto resource = static_cast<__rlimit_resource>(one.resource);
    rlimit64 own{};
    if (::getrlimit64(resource, &own) != 0) throw_errno(errno, "cannot read a resource limit", "");
    own.rlim_max = std::min(own.rlim_max, one.limit.rlim_max);
    own.rlim_cur = std::min({own.rlim_cur, one.limit.rlim_cur, own.rlim_max});
    if (::setrlimit64(resource, &own) != 0) throw_errno(errno, "cannot set a resource limit", "");
  }
}

/// The cgroup beside the payload's: who enters waits there, outside of the payload's limits and freezer.
/// Moved directly where the kernel lets us, else by systemd.
void join_init_cgroup(const std::string& payload, const PlaceFacts& place, pid_t pid) {
  const CgroupDirectory init(payload.substr(0, payload.rfind('/')) + "/init");
  const int error = init.adopt(pid);
  if (!error) return;
  const std::string& path = init.path();
  // The deepest unit on the way is the one that was delegated; what lies below is the sub-cgroup.
  std::size_t begin = std::string::npos, end = std::string::npos;
  for (std::size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1)) {
    const std::string part = path.substr(at + 1, path.find('/', at + 1) - at - 1);
    if (!part.ends_with(".scope") && !part.ends_with(".service")) continue;
    begin = at + 1;
    end = at + 1 + part.size();
  }
  const auto addresses = manager_addresses(place);
  if (begin == std::string::npos || addresses.empty())
    throw_errno(error, "cannot move the command into the cgroup", path,
                "run cloche exec from where the sandbox was started");
  manager::attach(addresses, path.substr(begin, end - begin), path.substr(end), pid);
  const auto here = init.read("cgroup.procs");
  const auto pids = split(here, '\n');
  if (std::find(pids.begin(), pids.end(), std::to_string(pid)) == pids.end())
    throw Error("systemd said that the command is in the sandbox's cgroup, but it is not",
                "check: systemctl --user status");
}

class Entry {
 public:
  Entry(const RunningSandbox& sandbox, const EnterRequest& request) : sandbox_(sandbox), request_(request) {}
  ~Entry() { end_child(); }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  Outcome go() {
    const auto begun = std::chrono::steady_clock::now();
    try {
      start();
      watch();
      place();
      loop_.run();
      conclude();
    } catch (const Error& error) {
      outcome_.reason = Reason::setup_error;
      outcome_.exit_status = 125;
      outcome_.error = error.what();
      outcome_.remedy = error.remedy();
    }
    end_child();
    if (terminal_) terminal_->drain();
    terminal_.reset();
    outcome_.wall = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begun);
    return std::move(outcome_);
  }

 private:
  void start() {
    hold_signals(SIG_BLOCK);
    ::signal(SIGPIPE, SIG_IGN);
    const OpenDoors doors = open_doors(sandbox_);
    if (doors.filter.empty() && request_.plan.policy.seccomp != "none")
      throw Error("cannot enter " + in_quotes(sandbox_.name) + ": its system call filter was not noted");
    lower_limits(doors.inherited);
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
      throw_errno(errno, "cannot make a socket pair", "");
    control_.reset(ends[0]);
    const Fd childs(ends[1]);
    frozen_.fill(request_.plan, doors.filter);
    child::Frozen& values = frozen_.value();
    values.control = childs.get();
    values.parent_control = control_.get();
    values.cgroup_view = false;  // it is in the view already
    values.umask = doors.umask;
    values.landlock.trust_no_links = true;
    if (request_.plan.tty) {
      const TerminalState state = terminal_state();
      values.has_termios = state.has_modes;
      values.modes = state.modes;
      values.window = state.window;
      for (int fd = 0; fd <= 2; ++fd) values.terminal_fds[fd] = true;
    }
    clone(values, doors);
  }

  void clone(const child::Frozen& values, const OpenDoors& doors) {
    int pidfd = -1;
    clone_args arguments{};
    arguments.flags = CLONE_PIDFD;
    arguments.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
    arguments.exit_signal = SIGCHLD;
    const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
    if (pid == 0) child::enter_main(values, doors.list.data(), doors.list.size());
    if (pid < 0) throw_errno(errno, "cannot make a process", "");
    child_ = {pid, Fd(pidfd)};
  }

  void watch() {
    control_ready_.set<Entry, &Entry::on_control>(this);
    control_ready_.start(control_.get(), ev::READ);
    child_ended_.set<Entry, &Entry::on_child_ended>(this);
    child_ended_.start(child_.pidfd.get(), ev::READ);
    signals_.start();
  }

  void place() {
    if (sandbox_.cgroup.empty()) return static_cast<void>(say({Say::placed, 0, 0}));
    const CgroupDirectory payload(sandbox_.cgroup);
    join_init_cgroup(sandbox_.cgroup, request_.place, child_.pid);
    say({Say::placed, 0, 0}, payload.fd());
  }

  bool say(const Message& message, int fd = -1) { return child::send_message(control_.get(), message, fd); }

  void on_control(ev::io&, int) {
    loop_.guarded([this] { hear(); });
  }
  void on_child_ended(ev::io&, int) {
    while (!status_ && hear()) {
    }
    loop_.stop();
  }

  bool hear() {
    Message message;
    int received = -1;
    if (!child::receive_message(control_.get(), message, &received)) {
      control_ready_.stop();
      return false;
    }
    Fd fd(received);
    if (message.say == Say::terminal)
      terminal_ = std::make_unique<TerminalProxy>(loop_, std::move(fd), [this] { forward(SIGHUP); });
    else if (message.say == Say::stopped && terminal_)
      stop_job(terminal_.get());
    else if (message.say == Say::ended)
      status_ = message.value;
    return true;
  }

  void forward(int number) {
    if (number == SIGWINCH && terminal_) return terminal_->resize();
    if (number == SIGCONT && terminal_) terminal_->resume();
    say({Say::signal, number, for_the_group(number) ? 1 : 0});
    if (number == SIGTSTP) stop_job(terminal_.get());
  }

  /// Its end of the control socket is the payload's life: the child kills the payload when it closes.
  void end_child() {
    control_ready_.stop();
    control_.reset();
    if (!child_.pidfd) return;
    int status;
    ::waitpid(child_.pid, &status, __WALL);
    child_.pidfd.reset();
  }

  void conclude() {
    const child::Failure& failed = frozen_.failure();
    if (failed.step == child::Step::exec) return conclude_exec(outcome_, request_.plan, failed.error);
    if (failed.step == child::Step::spawn && failed.error == ENOMEM)  // a pid namespace without its pid 1
      throw Error("the sandbox " + in_quotes(sandbox_.name) + " has just ended");
    if (failed.step != child::Step::none) throw explain(failed, request_.plan);
    conclude_status(outcome_, status_.value_or(SIGKILL));  // no status: the sandbox ended under it
  }

  const RunningSandbox& sandbox_;
  const EnterRequest& request_;
  Outcome outcome_;
  FrozenPlan frozen_;
  Fd control_;
  Process child_;
  EventLoop loop_;
  ev::io control_ready_{loop_.get()}, child_ended_{loop_.get()};
  ForwardedSignals signals_{loop_, [this](int number) { forward(number); }};
  std::unique_ptr<TerminalProxy> terminal_;
  std::optional<int> status_;
};

}  // namespace

Outcome enter_sandbox(const RunningSandbox& sandbox, const EnterRequest& request) {
  return Entry(sandbox, request).go();
}

}  // namespace cloche
