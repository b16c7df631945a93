#include "sandbox/run.h"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <memory>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "child/messages.h"
#include "plan/syscall_policy.h"
#include "sandbox/doors.h"
#include "sandbox/event_loop.h"
#include "sandbox/failure.h"
#include "sandbox/listener.h"
#include "sandbox/meter.h"
#include "sandbox/placeholders.h"
#include "sandbox/signals.h"
#include "sandbox/sweeper.h"
#include "sandbox/terminal.h"
#include "trace/tracer.h"

namespace cloche {
namespace {

using child::Message;
using child::Say;

// A payload that is asked to end by --timeout has this long before it is made to.
constexpr Duration kGrace = std::chrono::seconds(5);
// s of silence: a limit that was asked for is worth more of them than one that is only a default.
constexpr double kBusPatience = 30, kBusPatienceForDefaults = 10;

double seconds(Duration duration) {
  return static_cast<double>(duration.count()) / 1e6;
}

class Run {
 public:
  Run(const Plan& plan, const RunHooks& hooks, Begun begun)
      : plan_(plan), hooks_(hooks), child_(std::move(begun.child)), placement_(std::move(begun.placement)) {
    outcome_.enforced = plan.enforced;
    outcome_.degraded = plan.degraded;
  }
  ~Run() { kill_all(); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  Outcome go() {
    begun_ = std::chrono::steady_clock::now();
    try {
      start();
      watch();
      child_->finish_maps();
      if (!plan_.view.placeholders.empty()) lay_placeholders();
      if (namespaces_are_made()) place();
      loop_.run();
    } catch (const Error& error) {
      // A child that has failed makes what is done to it from here fail too: its own words come first.
      const child::Step step = child_ ? child_->failure().step : child::Step::none;
      const bool in_the_child = step != child::Step::none && step != child::Step::exec;
      fail(in_the_child ? explain(child_->failure(), plan_) : error);
    }
    if (meter_) outcome_.samples = meter_->samples();
    if (!init_ends_alone_) kill_all();
    if (listener_)
      tell_denials();
    else if (awaits_listener_ && status_ && outcome_.error.empty())
      lose_denials("the filter's listener was not handed over", "see what in the sandbox kills or stops it");
    if (tracer_) outcome_.observed = tracer_->finish();
    let_nobody_in();
    // What only the sandbox needed goes while the sweeper and pid 1 end and the kernel takes the mounts down.
    listener_.reset();
    if (sweeper_) sweeper_->take();
    if (child_) child_->frozen().release();
    if (init_ends_alone_) reap_init();
    sweeper_.reset();
    if (placement_) placement_->remove();
    lose_protected_paths(planted(plan_.view));
    if (terminal_) terminal_->drain();
    terminal_.reset();
    outcome_.wall = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begun_);
    return std::move(outcome_);
  }

 private:
  void fail(const Error& error) {
    outcome_.reason = Reason::setup_error;
    outcome_.exit_status = 125;
    outcome_.error = error.what();
    outcome_.remedy = error.remedy();
  }

  void start() {
    if (!placement_) placement_ = std::make_unique<Placement>(plan_.cgroup, plan_.name, plan_.command);
    if (!child_ || !child_->fits(plan_)) {
      child_.reset();
      child_ = std::make_unique<Newborn>(plan_.net == NetMode::none, placement_->init_cgroup());
    }
    child_->map_ids(plan_.identity);
    if (plan_.cgroup.wanted) child_->frozen().leave(plan_.cgroup.own_cgroup);
    placement_->begin(child_->process().pid, child_->in_cgroup());  // systemd works while the helpers do
    if (!placement_->waiting()) stays_in_cgroup();
    child_->frozen().fill(plan_, filter(Answer::error), filter(Answer::notify));
    child::Frozen& values = child_->frozen().value();
    const ShippedFilter* shipped = shipped_filter_of(plan_.policy);
    values.refuses_sending = refuses_sending(shipped);
    values.filter_first = shipped && shipped->lets_confining_pass && !hooks_.watch;
    awaits_listener_ = values.listened_filter.len > 0;
    if (plan_.tty) {
      const TerminalState state = terminal_state();
      values.has_termios = state.has_modes;
      values.modes = state.modes;
      values.window = state.window;
      for (int fd = 0; fd <= 2; ++fd) values.terminal_fds[fd] = true;
    }
    // A tracer must be there before what it is to follow.
    values.awaits_placeholders = !plan_.view.placeholders.empty();
    values.payload_first = !plan_.tty && !hooks_.watch && !placement_->waiting() && !placement_->payload();
    child_->tell_plan();
  }

  /// Not while the helpers map the ids, which both processors of a small machine are for, but while pid 1
  /// begins with the view.
  void lay_placeholders() {
    sweeper_.emplace(plan_.view, hooks_.registry, child_->process().pidfd);
    lose_protected_paths(not_laid(plan_, sweeper_->lay()));
    say({Say::laid, 0, 0});
  }

  void lose_protected_paths(std::optional<Degradation> lost) {
    if (!lost) return;
    std::erase(outcome_.enforced, lost->feature);
    outcome_.degraded.push_back(std::move(*lost));
  }

  bool refuses_sending(const ShippedFilter* shipped) const {
    if (plan_.policy.filter)
      return decide(*plan_.policy.filter, "sendmsg", child::kSendArguments).kind != Action::Kind::allow;
    return shipped && shipped->refuses_sending;  // no weakening refuses more
  }

  /// What an observed run allows may stop at the tracer.
  std::vector<sock_filter> filter(Answer answer) const {
    if (!hooks_.watch) return program_for(plan_.policy, answer);
    return compile(observed(policy_for(plan_.policy), *hooks_.watch), this_machine(), answer);
  }

  void watch() {
    control_ready_.set<Run, &Run::on_control>(this);
    control_ready_.start(child_->control(), ev::READ);
    init_ended_.set<Run, &Run::on_init_ended>(this);
    init_ended_.start(child_->process().pidfd.get(), ev::READ);
    signals_.start();
    timeout_.set<Run, &Run::on_timeout>(this);
    grace_.set<Run, &Run::on_grace_over>(this);
    if (plan_.timeout) timeout_.start(seconds(*plan_.timeout));
  }

  /// Tells the child to go on once its cgroup is there, or is known not to be had.
  void place() {
    if (placement_->waiting()) {
      bus_ready_.set<Run, &Run::on_bus>(this);
      bus_patience_.set<Run, &Run::on_bus_silent>(this);
      // Below the bus itself: after ^Z, a machine's sleep or a busy minute, an answer may be there to be
      // read.
      ev_set_priority(&bus_patience_, EV_MINPRI);
      bus_patience_.start(patience(), patience());
      return watch_bus();
    }
    bus_ready_.stop();
    bus_patience_.stop();
    stays_in_cgroup();
    if (placement_->degradation()) outcome_.degraded.push_back(*placement_->degradation());
    const CgroupDirectory* payload = placement_->payload();
    // Whatever went wrong before: nothing runs without the limits that it was to have.
    if (!payload && plan_.cgroup.required) throw Error("the limits that were asked for are not in force");
    outcome_.tasks_limited = payload && !payload->read("pids.max").empty();
    if (payload) outcome_.enforced.emplace_back("limits");
    if (hooks_.watch) tracer_.emplace(child_->process().pid, *hooks_.watch);
    // Pid 1 closes itself once it is placed.
    doors_.emplace(child_->process().pid, plan_.net == NetMode::none);
    // Whoever gave it a name may call it by that as soon as its command runs.
    if (hooks_.lives && hooks_.lives_after <= 0) on_lives(lives_, 0);
    say({Say::placed, placement_->goes_when_empty(), 0}, payload ? payload->fd() : -1);
    child_->reap_helpers();
    hears_signals_ = true;
    if (payload)
      meter_.emplace(loop_, *payload,
                     Meter::Wanted{.cpu_time = plan_.cgroup.limits.cpu_time,
                                   .spent = [this] { stop(Reason::cpu_time); },
                                   .samples = hooks_.sample});
    if (hooks_.lives && hooks_.lives_after > 0) {
      lives_.set<Run, &Run::on_lives>(this);
      lives_.start(hooks_.lives_after);
    }
  }

  void on_lives(ev::timer&, int) {
    loop_.guarded([this] {
      const CgroupDirectory* payload = placement_->payload();
      hooks_.lives(child_->process().pid, payload ? payload->path() : "",
                   doors_->note(program_for(plan_.policy, Answer::error)));
    });
  }

  void stays_in_cgroup() { child_->frozen().value().cgroup_to_leave = nullptr; }

  void watch_bus() {
    const int events = placement_->events();
    bus_ready_.start(placement_->fd(), (events & POLLIN ? ev::READ : 0) | (events & POLLOUT ? ev::WRITE : 0));
  }

  void on_bus(ev::io&, int) {
    loop_.guarded([this] {
      bus_ready_.stop();
      bus_patience_.again();  // a busy systemd tells of others' jobs: only silence counts
      placement_->process();
      placement_->waiting() ? watch_bus() : place();
    });
  }
  void on_bus_silent(ev::timer&, int) {
    loop_.guarded([this] {
      placement_->give_up(patience());
      place();
    });
  }

  double patience() const { return plan_.cgroup.required ? kBusPatience : kBusPatienceForDefaults; }

  /// Until then most of the child's namespaces are this one's, which must not be taken for the sandbox's.
  /// False where it has failed.
  bool namespaces_are_made() {
    Message message;
    return child_->hear(message) && message.say == Say::unshared;
  }

  bool say(const Message& message, int fd = -1) { return child_->say(message, fd); }

  void kill_all() {
    if (child_) child_->end();
  }

  void on_control(ev::io&, int) {
    loop_.guarded([this] { hear(); });
  }
  void on_init_ended(ev::io&, int) {
    loop_.guarded([this] { end(); });
  }
  void on_timeout(ev::timer&, int) { stop(Reason::timeout); }
  void on_grace_over(ev::timer&, int) { send_signal(child_->process().pidfd, SIGKILL); }

  void hear() {
    Message message;
    int received = -1;
    if (!child_->hear(message, &received)) {
      control_ready_.stop();  // pid 1 is gone, or about to be: its pidfd tells the rest
      return;
    }
    Fd fd(received);
    switch (message.say) {
      case Say::terminal:
        terminal_ = std::make_unique<TerminalProxy>(loop_, std::move(fd), [this] { forward(SIGHUP); });
        return;
      case Say::listener:
        listen(std::move(fd), message.value);
        return;
      case Say::stopped:
        if (terminal_) stop_job(terminal_.get());
        return;
      case Say::ended:
        let_nobody_in();
        status_ = message.value;
        read_figures();
        say({Say::release, 0, 0});
        init_ends_alone_ = message.group != 0;
        if (init_ends_alone_) finish();
        return;
      default:
        return;
    }
  }

  /// There always is a listener, whether or not somebody asked for a report: over 200 starts with and without
  /// one in turn, the cpu time of the two differed by less than its noise.
  void listen(Fd listener, int error) {
    awaits_listener_ = false;
    if (!listener && error == EBUSY)
      return lose_denials(
          "cloche runs under a filter that somebody listens to, and the kernel gives one listener",
          "run it outside of that sandbox");
    if (!listener)
      return lose_denials(
          "the filter refuses sendmsg, and no process could be started that sends its listener: " +
              errno_words(error),
          "let sendmsg pass, or allow one task more");
    listener_.emplace(
        loop_, std::move(listener), [policy = plan_.policy] { return policy_for(policy); }, hooks_.refused);
  }

  void let_nobody_in() {
    lives_.stop();
    if (doors_) doors_->close_mounts();
  }

  void lose_denials(const std::string& reason, const char* remedy) {
    outcome_.degraded.push_back({"denials", "a list of the refused calls", reason, remedy});
  }

  void tell_denials() {
    outcome_.denials = listener_->finish();
    if (outcome_.signal == SIGSYS) outcome_.denials->push_back({.killed = true});
  }

  void read_figures() {
    if (meter_) outcome_.figures = meter_->finish();
  }

  void forward(int number) {
    if (number == SIGWINCH && terminal_) return terminal_->resize();
    if (number == SIGCONT && terminal_) terminal_->resume();
    if (hears_signals_)
      say({Say::signal, number, for_the_group(number) ? 1 : 0});
    else if (number != SIGCONT && number != SIGWINCH && number != SIGTSTP)
      return end_unbegun([&] { conclude_status(outcome_, number); });
    if (number == SIGTSTP) stop_job(terminal_.get());
  }

  /// While systemd is waited for there is no command yet that a signal could be handed to.
  template <typename Conclude>
  void end_unbegun(Conclude conclude) {
    bus_ready_.stop();
    bus_patience_.stop();
    init_ended_.stop();
    kill_all();
    conclude();
    loop_.stop();
  }

  void stop(Reason reason) {
    stopped_for_ = reason;
    if (!hears_signals_) return end_unbegun([this] { conclude_stop(); });
    say({Say::signal, SIGTERM, 1});
    say({Say::signal, SIGCONT, 1});  // a stopped process hears TERM only then
    grace_.start(seconds(kGrace));
  }

  void end() {
    reap_init();
    // What it said before it ended may still wait in the socket.
    while (!status_) {
      Message message;
      int received = -1;
      if (!child_->hear(message, &received)) break;
      Fd fd(received);
      if (message.say == Say::listener) listen(std::move(fd), message.value);
      if (message.say == Say::ended) status_ = message.value;
    }
    finish();
  }

  void finish() {
    read_figures();
    init_ended_.stop();
    loop_.stop();
    conclude();
  }

  void reap_init() {
    rusage used{};
    ::wait4(child_->process().pid, nullptr, __WALL, &used);
    child_->process().pidfd.reset();
    if (!placement_->payload()) {
      // Without a cgroup the kernel still knows the cpu time of what pid 1 waited for.
      const auto usec = [](const timeval& t) {
        return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(t.tv_usec);
      };
      outcome_.figures.cpu_user_usec = usec(used.ru_utime);
      outcome_.figures.cpu_system_usec = usec(used.ru_stime);
    }
  }

  void conclude() {
    if (child_->failure().step == child::Step::exec)
      return conclude_exec(outcome_, plan_, child_->failure().error);
    if (child_->failure().step != child::Step::none) throw explain(child_->failure(), plan_);
    conclude_status(outcome_, status_.value_or(SIGKILL));  // no status: pid 1 was killed from outside
    if (outcome_.signal == SIGKILL && outcome_.figures.oom_kills.value_or(0) > 0) {
      outcome_.reason = Reason::out_of_memory;
    } else if (stopped_for_) {
      conclude_stop();
    }
  }
  void conclude_stop() {
    outcome_.signal.reset();
    outcome_.reason = *stopped_for_;
    outcome_.exit_status = 124;
  }

  const Plan& plan_;
  const RunHooks& hooks_;
  Outcome outcome_;
  std::chrono::steady_clock::time_point begun_;
  std::unique_ptr<Newborn> child_;
  std::optional<Sweeper> sweeper_;
  std::unique_ptr<Placement> placement_;
  std::optional<Doors> doors_;
  std::optional<Tracer> tracer_;
  EventLoop loop_;
  ev::io control_ready_{loop_.get()}, init_ended_{loop_.get()}, bus_ready_{loop_.get()};
  ForwardedSignals signals_{loop_, [this](int number) { forward(number); }};
  ev::timer timeout_{loop_.get()}, grace_{loop_.get()}, bus_patience_{loop_.get()}, lives_{loop_.get()};
  std::optional<Meter> meter_;
  std::unique_ptr<TerminalProxy> terminal_;
  std::optional<Listener> listener_;
  std::optional<int> status_;
  bool hears_signals_ = false, awaits_listener_ = false, init_ends_alone_ = false;
  std::optional<Reason> stopped_for_;
};

}  // namespace

Outcome run_sandbox(const Plan& plan, const RunHooks& hooks, Begun begun) {
  return Run(plan, hooks, std::move(begun)).go();
}

}  // namespace cloche
