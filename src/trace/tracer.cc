#include "trace/tracer.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <unordered_map>

#include "base/error.h"
#include "trace/tracee.h"

namespace cloche {
namespace {

constexpr int kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK |
                         PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
constexpr int kGroupStop = PTRACE_EVENT_STOP;
constexpr int kFirstInternalError = 512;  // ERESTARTSYS and its like: the kernel makes the call again

/// A call that a tracee is in.
struct Pending {
  const std::string* name = nullptr;
  const ObservedCall* shape = nullptr;
  CallArguments arguments{};
  std::optional<std::string> executed;  // of execve: its memory is gone afterwards
};

class Thread {
 public:
  Thread(pid_t init, Watch watch) : init_(init), watch_(watch) {}

  /// Returns 0 or the errno.
  int seize() { return ::ptrace(PTRACE_SEIZE, init_, nullptr, kOptions) == 0 ? 0 : errno; }

  Log run() {
    if (!follow_payload()) return std::move(log_);
    while (true) {
      int status = 0;
      const pid_t tid = ::waitpid(-1, &status, __WALL | __WNOTHREAD);
      if (tid < 0 && errno == EINTR) continue;
      if (tid < 0) return std::move(log_);
      if (WIFSTOPPED(status))
        stopped(tid, status);
      else
        calls_.erase(tid);
    }
  }

 private:
  /// Until pid 1 has forked the payload, which is traced from its first instruction. Pid 1 itself is never
  /// reaped here: cloche waits for it.
  bool follow_payload() {
    while (true) {
      siginfo_t info{};
      if (::waitid(P_PID, static_cast<id_t>(init_), &info,
                   WEXITED | WSTOPPED | WNOWAIT | __WALL | __WNOTHREAD) != 0) {
        if (errno == EINTR) continue;
        return false;
      }
      if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED) return false;
      int status = 0;
      if (::waitpid(init_, &status, WNOHANG | __WALL | __WNOTHREAD) != init_ || !WIFSTOPPED(status))
        return false;
      const int event = status >> 16;
      if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_CLONE) {
        ::ptrace(PTRACE_DETACH, init_, nullptr, nullptr);
        return true;
      }
      go_on(init_, PTRACE_CONT, event ? 0 : WSTOPSIG(status));
    }
  }

  static void go_on(pid_t tid, __ptrace_request how, int signal = 0) {
    ::ptrace(how, tid, nullptr, signal);  // ESRCH: it was killed meanwhile, and waitpid will say so
  }
  /// A thread that is in an observed call stops again at its end.
  void go_on(pid_t tid, int signal = 0) {
    go_on(tid, calls_.contains(tid) ? PTRACE_SYSCALL : PTRACE_CONT, signal);
  }

  void stopped(pid_t tid, int status) {
    const int signal = WSTOPSIG(status);
    switch (status >> 16) {
      case PTRACE_EVENT_SECCOMP:
        enter(tid);
        return go_on(tid);
      case PTRACE_EVENT_EXEC: {
        // The thread that executed has become the leader of its process, under that number.
        unsigned long former = 0;
        ::ptrace(PTRACE_GETEVENTMSG, tid, nullptr, &former);
        if (auto call = calls_.extract(static_cast<pid_t>(former))) {
          calls_.erase(tid);
          call.key() = tid;
          calls_.insert(std::move(call));
        }
        if (watch_ == Watch::calls) record_program(tid);
        return go_on(tid);
      }
      case kGroupStop:
        return signal == SIGTRAP ? go_on(tid) : go_on(tid, PTRACE_LISTEN);
      case 0:
        if (signal != (SIGTRAP | 0x80)) return go_on(tid, signal);
        leave(tid);
        return go_on(tid);
      default:
        return go_on(tid);
    }
  }

  void enter(pid_t tid) {
    __ptrace_syscall_info info{};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, &info) <= 0 ||
        info.op != PTRACE_SYSCALL_INFO_SECCOMP)
      return;
    const auto number = static_cast<std::uint32_t>(info.seccomp.nr);
    if (watch_ == Watch::calls) log_.count_call(number, [tid] { return tracee_name(tid); });
    const Known& known = look_up(number);
    if (!known.shape) return;
    Pending call{&known.name, known.shape, {}, {}};
    std::copy(std::begin(info.seccomp.args), std::end(info.seccomp.args), call.arguments.begin());
    if (known.shape->first.intent == Intent::execute) call.executed = path_of(tid, call, known.shape->first);
    calls_[tid] = std::move(call);
  }

  void leave(pid_t tid) {
    auto taken = calls_.extract(tid);
    __ptrace_syscall_info info{};
    if (!taken || ::ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, &info) <= 0 ||
        info.op != PTRACE_SYSCALL_INFO_EXIT)
      return;
    const Pending& call = taken.mapped();
    const int error = info.exit.is_error ? static_cast<int>(-info.exit.rval) : 0;
    if (error >= kFirstInternalError || (error == 0 && watch_ == Watch::names && !may_mislead(call))) return;
    record(tid, call, error);
  }

  /// A datagram socket connects to whatever it is told: the answer would only come later.
  static bool may_mislead(const Pending& call) { return call.shape->first.intent == Intent::connect; }

  void record(pid_t tid, const Pending& call, int error) {
    Act act;
    act.call = *call.name;
    act.error = error;
    act.intent = call.shape->first.intent;
    const auto add = [&] { log_.add(act, [tid] { return tracee_name(tid); }); };
    if (act.intent == Intent::connect || act.intent == Intent::bind) {
      const int at = act.call == "sendto" ? 4 : 1;
      if (read_address(tid, static_cast<int>(call.arguments[0]), call.arguments[at], call.arguments[at + 1],
                       act))
        add();
      return;
    }
    if (act.intent == Intent::become) {
      act.number = static_cast<std::int32_t>(call.arguments[act.call == "setgroups" ? 0 : wanted_id(call)]);
      return add();
    }
    for (const NamedPath* path : {&call.shape->first, &call.shape->second}) {
      auto object = call.executed ? call.executed : path_of(tid, call, *path);
      if (!object) continue;
      act.object = std::move(*object);
      act.intent = path == &call.shape->first ? intent_of(tid, call, path->intent) : path->intent;
      if (act.intent == Intent::own)
        act.number = static_cast<std::int32_t>(call.arguments[path->path < 0 ? 1 : path->path + 1]);
      add();
      if (call.executed) return;
    }
  }

  /// Nobody opens the interpreter of a script by a call: the kernel does.
  void record_program(pid_t tid) {
    auto program = tracee_program(tid);
    if (!program) return;
    Act act;
    act.call = "execve";
    act.intent = Intent::execute;
    act.object = std::move(*program);
    log_.add(act, [tid] { return tracee_name(tid); });
  }

  /// Of setresuid(real, effective, saved): the first that is to change.
  static std::size_t wanted_id(const Pending& call) {
    for (std::size_t i = 0; i < 3; ++i)
      if (static_cast<std::int32_t>(call.arguments[i]) != -1) return i;
    return 0;
  }

  static Intent intent_of(pid_t tid, const Pending& call, Intent usual) {
    if (call.shape->flags >= 0) {
      std::uint64_t flags = call.arguments[static_cast<std::size_t>(call.shape->flags)];
      if (*call.name == "openat2") {
        // Its flags are the first word of a struct.
        const auto bytes = tracee_bytes(tid, flags, sizeof flags);
        if (bytes.size() != sizeof flags) return usual;
        std::memcpy(&flags, bytes.data(), sizeof flags);
      }
      return intent_of_open(flags);
    }
    const bool asks_to_write = (*call.name == "access" && call.arguments[1] & W_OK) ||
                               (call.name->starts_with("faccessat") && call.arguments[2] & W_OK);
    return asks_to_write ? Intent::write : usual;
  }

  static std::optional<std::string> path_of(pid_t tid, const Pending& call, const NamedPath& at) {
    const int folder =
        at.folder < 0 ? AT_FDCWD : static_cast<int>(call.arguments[static_cast<std::size_t>(at.folder)]);
    if (at.path < 0) return at.folder < 0 ? std::nullopt : tracee_path(tid, folder, "");
    const auto text = tracee_text(tid, call.arguments[static_cast<std::size_t>(at.path)]);
    // An empty path stands for the descriptor itself, which named something when it was opened.
    if (!text || text->empty()) return std::nullopt;
    return tracee_path(tid, folder, *text);
  }

  struct Known {
    std::string name;
    const ObservedCall* shape;
  };
  const Known& look_up(std::uint32_t number) {
    auto found = known_.find(number);
    if (found == known_.end()) {
      const std::string name = call_name(number, this_machine());
      found = known_.emplace(number, Known{name, observed_call(name)}).first;
    }
    return found->second;
  }

  const pid_t init_;
  const Watch watch_;
  Log log_;
  std::unordered_map<pid_t, Pending> calls_;
  std::unordered_map<std::uint32_t, Known> known_;
};

std::string why_not(int error) {
  if (error != EPERM && error != EACCES) return "check that nothing else traces cloche";
  return "check kernel.yama.ptrace_scope (3 forbids it to everybody), and whether cloche itself runs in a "
         "sandbox";
}

}  // namespace

Tracer::Tracer(pid_t init, Watch watch) {
  std::promise<int> seized;
  std::promise<Log> log;
  std::future<int> answer = seized.get_future();
  log_ = log.get_future();
  // Signals are the event loop's, so the thread is born with all of them blocked.
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([init, watch, seized = std::move(seized), log = std::move(log)]() mutable {
    Thread thread(init, watch);
    const int error = thread.seize();
    seized.set_value(error);
    try {
      log.set_value(error ? Log() : thread.run());
    } catch (...) {
      log.set_exception(std::current_exception());
    }
  });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (const int error = answer.get()) {
    thread_.join();
    throw Error(
        "the command cannot be observed: the kernel refuses to let cloche trace it: " + errno_words(error),
        why_not(error), error);
  }
}

Tracer::~Tracer() {
  if (thread_.joinable()) thread_.join();
}

Log Tracer::finish() {
  thread_.join();
  return log_.get();
}

}  // namespace cloche
