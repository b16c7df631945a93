#include "sandbox/run.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <memory>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cgroup/libsystemd.h"
#include "child/messages.h"
#include "policy/filter.h"
#include "sandbox/failure.h"
#include "sandbox/freeze.h"
#include "sandbox/id_maps.h"
#include "sandbox/spawn.h"
#include "sandbox/terminal.h"

namespace cloche {
namespace {

using child::Message;
using child::Say;

// A payload that is asked to end by --timeout has this long before it is made to.
constexpr Duration kGrace = std::chrono::seconds(5);
constexpr int kForwarded[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT};

/// What a terminal would send to every process of the foreground job goes to the whole group inside too.
bool for_the_group(int number) {
  return number == SIGINT || number == SIGQUIT || number == SIGHUP || number == SIGTSTP || number == SIGCONT ||
         number == SIGWINCH;
}

void block_signals() {
  sigset_t blocked;
  sigemptyset(&blocked);
  for (const int number : kForwarded) sigaddset(&blocked, number);
  ::sigprocmask(SIG_BLOCK, &blocked, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

class Run {
 public:
  Run(const Plan& plan, const RunHooks& hooks) : plan_(plan), hooks_(hooks) {
    outcome_.enforced = plan.enforced;
    outcome_.degraded = plan.degraded;
  }
  ~Run() {
    kill_all();
    if (loop_) libsystemd().event_unref(loop_);
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  Outcome go() {
    begun_ = std::chrono::steady_clock::now();
    try {
      start();
      open_loop();
      watch();
      maps_->finish();
      say({Say::mapped, 0, 0});
      place();
      const int error = libsystemd().event_loop(loop_);
      if (error < 0) throw_errno(-error, "the event loop failed", "");
      if (failure_) std::rethrow_exception(failure_);
    } catch (const Error& error) {
      outcome_.reason = Reason::setup_error;
      outcome_.exit_status = 125;
      outcome_.error = error.what();
      outcome_.remedy = error.remedy();
    }
    kill_all();
    if (terminal_) terminal_->drain();
    terminal_.reset();
    outcome_.wall =
        std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begun_);
    return std::move(outcome_);
  }

 private:
  void start() {
    block_signals();
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
      throw_errno(errno, "cannot make a socket pair", "");
    control_.reset(ends[0]);
    Fd childs(ends[1]);
    FrozenPlan frozen(plan_, filter_for(plan_.policy_input(), false), false);
    child::Frozen& values = frozen.value();
    values.control = childs.get();
    values.parent_control = control_.get();
    values.failure = failed_.get();
    if (plan_.tty) {
      const TerminalState state = terminal_state();
      values.has_termios = state.has_modes;
      values.modes = state.modes;
      values.window = state.window;
      for (int fd = 0; fd <= 2; ++fd) values.terminal_fds[fd] = true;
    }
    init_ = spawn(values, plan_.net == NetMode::none);
    maps_ = std::make_unique<IdMaps>(init_.pid, plan_.identity);
  }

  void open_loop() {
    const int error = libsystemd().event_new(&loop_);
    if (error < 0) throw_errno(-error, "cannot make an event loop", "");
  }

  void watch() {
    const Libsystemd& sd = libsystemd();
    sd.event_add_io(loop_, nullptr, control_.get(), EPOLLIN, on_control, this);
    sd.event_add_io(loop_, nullptr, init_.pidfd.get(), EPOLLIN, on_init_ended, this);
    for (const int number : kForwarded) sd.event_add_signal(loop_, nullptr, number, on_signal, this);
    if (plan_.timeout)
      sd.event_add_time_relative(loop_, nullptr, CLOCK_MONOTONIC, static_cast<uint64_t>(plan_.timeout->count()), 1000,
                                 on_timeout, this);
  }

  void place() { say({Say::placed, 0, 0}); }

  bool say(const Message& message, int fd = -1) { return child::send_message(control_.get(), message, fd); }

  void kill_all() {
    if (!init_.pidfd) return;
    // Pid 1 takes its whole namespace with it, and is waited for only when that is empty.
    send_signal(init_.pidfd, SIGKILL);
    int status;
    ::waitpid(init_.pid, &status, __WALL);
    init_.pidfd.reset();
  }

  /// Runs a handler; what it throws ends the loop and is thrown again outside of it.
  template <typename Handler>
  static int guarded(void* self, Handler handler) {
    auto& run = *static_cast<Run*>(self);
    try {
      handler(run);
    } catch (...) {
      run.failure_ = std::current_exception();
      libsystemd().event_exit(run.loop_, 0);
    }
    return 0;
  }

  static int on_control(sd_event_source*, int, uint32_t, void* self) {
    return guarded(self, [](Run& run) { run.hear(); });
  }
  static int on_init_ended(sd_event_source*, int, uint32_t, void* self) {
    return guarded(self, [](Run& run) { run.end(); });
  }
  static int on_signal(sd_event_source*, const signalfd_siginfo* signal, void* self) {
    return guarded(self, [signal](Run& run) { run.forward(static_cast<int>(signal->ssi_signo)); });
  }
  static int on_timeout(sd_event_source*, uint64_t, void* self) {
    return guarded(self, [](Run& run) { run.stop(Reason::timeout); });
  }
  static int on_grace_over(sd_event_source*, uint64_t, void* self) {
    return guarded(self, [](Run& run) { send_signal(run.init_.pidfd, SIGKILL); });
  }

  void hear() {
    Message message;
    int received = -1;
    if (!child::receive_message(control_.get(), message, &received)) {
      if (errno == EAGAIN) return;
      // End-of-file: pid 1 is about to be gone; its pidfd tells the rest.
      libsystemd().event_add_io(loop_, nullptr, control_.get(), 0, on_control, this);
      return;
    }
    Fd fd(received);
    switch (message.say) {
      case Say::terminal:
        terminal_ = std::make_unique<TerminalProxy>(loop_, std::move(fd), [this] { forward(SIGHUP); });
        return;
      case Say::stopped:
        if (terminal_) stop_with_payload();
        return;
      case Say::ended:
        status_ = message.value;
        say({Say::release, 0, 0});
        return;
      default: return;
    }
  }

  void forward(int number) {
    if (number == SIGWINCH && terminal_) return terminal_->resize();
    if (number == SIGCONT && terminal_) terminal_->resume();
    say({Say::signal, number, for_the_group(number) ? 1 : 0});
    if (number == SIGTSTP) stop_with_payload();
  }

  /// ^Z: the job that the person's shell knows is cloche, so cloche stops as well.
  void stop_with_payload() {
    if (terminal_) terminal_->pause();
    ::raise(SIGSTOP);
  }

  void stop(Reason reason) {
    stopped_for_ = reason;
    say({Say::signal, SIGTERM, 1});
    say({Say::signal, SIGCONT, 1});  // a stopped process hears TERM only then
    libsystemd().event_add_time_relative(loop_, nullptr, CLOCK_MONOTONIC, static_cast<uint64_t>(kGrace.count()), 1000,
                                         on_grace_over, this);
  }

  void end() {
    int status = 0;
    rusage used{};
    ::wait4(init_.pid, &status, __WALL, &used);
    init_.pidfd.reset();
    // What it said before it ended may still wait in the socket.
    while (!status_) {
      Message message;
      if (!child::receive_message(control_.get(), message)) break;
      if (message.say == Say::ended) status_ = message.value;
    }
    conclude();
    libsystemd().event_exit(loop_, 0);
  }

  void conclude() {
    if (failed_.get()->step == child::Step::exec) return conclude_exec(failed_.get()->error);
    if (failed_.get()->step != child::Step::none) throw explain(*failed_.get(), plan_);
    const int status = status_.value_or(SIGKILL);  // pid 1 was killed from outside
    if (WIFSIGNALED(status)) {
      outcome_.reason = Reason::signaled;
      outcome_.signal = WTERMSIG(status);
      outcome_.exit_status = 128 + WTERMSIG(status);
    } else {
      outcome_.reason = Reason::exited;
      outcome_.exit_status = WEXITSTATUS(status);
    }
    if (stopped_for_) {
      outcome_.reason = *stopped_for_;
      outcome_.exit_status = 124;
    }
  }

  void conclude_exec(int error) {
    const std::string& command = plan_.command.front();
    const bool missing = error == ENOENT || error == ENOTDIR;
    outcome_.reason = missing ? Reason::not_found : Reason::not_executable;
    outcome_.exit_status = missing ? 127 : 126;
    outcome_.error = missing ? fmt::format("{}: command not found inside the sandbox", in_quotes(command))
                             : fmt::format("{}: cannot be executed: {}", in_quotes(command), errno_words(error));
    if (missing) outcome_.remedy = "show its folder with --ro if it lies outside of the system and the current folder";
  }

  const Plan& plan_;
  const RunHooks& hooks_;
  Outcome outcome_;
  std::chrono::steady_clock::time_point begun_;
  SharedFailure failed_;
  Fd control_;
  Process init_;
  std::unique_ptr<IdMaps> maps_;
  sd_event* loop_ = nullptr;
  std::unique_ptr<TerminalProxy> terminal_;
  std::optional<int> status_;
  std::optional<Reason> stopped_for_;
  std::exception_ptr failure_;
};

}  // namespace

const char* reason_word(Reason reason) {
  switch (reason) {
    case Reason::exited: return "exited";
    case Reason::signaled: return "signaled";
    case Reason::timeout: return "timeout";
    case Reason::cpu_time: return "cpu-time";
    case Reason::out_of_memory: return "out-of-memory";
    case Reason::setup_error: return "setup-error";
    case Reason::not_executable: return "not-executable";
    case Reason::not_found: return "not-found";
  }
  return "setup-error";
}

Outcome run_sandbox(const Plan& plan, const RunHooks& hooks) { return Run(plan, hooks).go(); }

}  // namespace cloche
