#include "sandbox/listener.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <new>
#include <system_error>

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"

namespace cloche {
namespace {

// Linux 6.6; Debian 12's headers end before it. The waker sleeps next: the caller may take its core.
constexpr unsigned long kSetFlags = SECCOMP_IOW(4, std::uint64_t);
constexpr std::uint64_t kSyncWakeUp = 1;
constexpr int kHighestErrno = 4095;  // the kernel cuts a filter's errno to it
constexpr std::chrono::seconds kPatience{1};

/// The caller's memory, page by page: what follows may not be there.
std::string read_memory(pid_t pid, std::uint64_t address, std::size_t most) {
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  std::string found(most, '\0');
  std::array<iovec, 2> parts{};
  std::size_t count = 0;
  for (std::size_t done = 0; done < most && count < parts.size(); ++count) {
    const std::size_t part = std::min<std::uint64_t>(most - done, page - (address + done) % page);
    parts[count] = {reinterpret_cast<void*>(address + done), part};
    done += part;
  }
  const iovec into = {found.data(), found.size()};
  const ssize_t got = ::process_vm_readv(pid, &into, 1, parts.data(), count, 0);
  found.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return found;
}

/// A single read, unlike base/file.h's: it is made for every refused call.
std::string process_name(pid_t pid) {
  const Fd file(::open(fmt::format("/proc/{}/comm", pid).c_str(), O_RDONLY | O_CLOEXEC));
  char text[64];
  const ssize_t got = file ? ::read(file.get(), text, sizeof text) : 0;
  return got > 0 ? printable({text, static_cast<std::size_t>(got) - 1}) : "";  // without the kernel's newline
}

/// Waits up to `patience` ms (-1: for ever) for a call. False where none has come, and at once where none
/// can: the last process has gone.
bool call_waits(const Fd& listener, int patience) {
  pollfd ready = {listener.get(), POLLIN, 0};
  while (::poll(&ready, 1, patience) < 0 && errno == EINTR) {
  }
  return ready.revents & POLLIN;
}

/// The process's number by pid namespace, ours first and then the sandbox's.
void read_pids(Denial& denial, pid_t thread) {
  const auto status = read_if_there(fmt::format("/proc/{}/status", thread)).value_or("");
  const std::string label = "\nNStgid:\t";
  const std::size_t at = status.find(label);
  if (at == std::string::npos) return;
  const std::size_t begin = at + label.size();
  const auto numbers = split(std::string_view(status).substr(begin, status.find('\n', begin) - begin), '\t');
  if (const auto outside = whole_number(numbers.front())) denial.host_pid = static_cast<pid_t>(*outside);
  if (numbers.size() < 2) return;
  if (const auto inside = whole_number(numbers[1])) denial.pid = static_cast<pid_t>(*inside);
}

}  // namespace

/// What the loop and the thread share.
struct Listener::Desk {
  Fd listener, news;
  std::function<FilterPolicy()> policy;
  bool tells = false;
  std::mutex mutex;  // of what follows
  std::condition_variable changed;
  DenialTable table;
  std::vector<Denial> fresh;
  bool over = false;
};

/// Serves the calls one by one.
class Listener::Clerk {
 public:
  explicit Clerk(Desk& desk) : desk_(desk), policy_(desk.policy()) {
    seccomp_notif_sizes sizes{};
    ::syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes);
    call_.resize(std::max<std::size_t>(sizes.seccomp_notif, sizeof(seccomp_notif)));
    answer_.resize(std::max<std::size_t>(sizes.seccomp_notif_resp, sizeof(seccomp_notif_resp)));
    ::ioctl(desk.listener.get(), kSetFlags, kSyncWakeUp);
  }

  /// One call; false where no more can be had.
  bool serve() {
    std::fill(call_.begin(), call_.end(), 0);  // the kernel insists
    auto* call = reinterpret_cast<seccomp_notif*>(call_.data());
    // Nobody else receives, so that a call that poll(2) saw is never waited for here.
    if (::ioctl(desk_.listener.get(), SECCOMP_IOCTL_NOTIF_RECV, call) != 0)
      return errno == ENOENT || errno == EINTR;  // the caller was interrupted or killed meanwhile
    Denial denial = describe(*call);
    if (!desk_.table.knows(denial)) read_pids(denial, static_cast<pid_t>(call->pid));
    // An answer that is taken says too that the caller lived until now: what was read by its number was its.
    if (send(*call, denial.error)) note(std::move(denial));
    return true;
  }

 private:
  Denial describe(const seccomp_notif& call) {
    const auto number = static_cast<std::uint32_t>(call.data.nr);
    const auto pid = static_cast<pid_t>(call.pid);
    CallArguments arguments;
    std::copy(std::begin(call.data.args), std::end(call.data.args), arguments.begin());
    const std::string name = call_name(number, this_machine());
    const Action action = decide(policy_, name, arguments);
    Denial denial;
    denial.syscall = name.empty() ? fmt::format("syscall {}", number) : name;
    // The filter has refused it already: whatever the policy may say, it stays refused.
    denial.error = action.kind == Action::Kind::error ? std::min<int>(action.error, kHighestErrno) : EPERM;
    denial.arguments = decode(name, arguments, [&](std::uint64_t address, std::size_t most) {
      return read_memory(pid, address, most);
    });
    denial.process = process_name(pid);
    return denial;
  }

  bool send(const seccomp_notif& call, int error) {
    std::fill(answer_.begin(), answer_.end(), 0);
    auto* answer = reinterpret_cast<seccomp_notif_resp*>(answer_.data());
    answer->id = call.id;
    answer->error = -error;
    return ::ioctl(desk_.listener.get(), SECCOMP_IOCTL_NOTIF_SEND, answer) == 0;
  }

  void note(Denial denial) {
    const std::lock_guard lock(desk_.mutex);
    const Denial* first = desk_.table.add(std::move(denial));
    if (!first || !desk_.tells) return;
    desk_.fresh.push_back(*first);
    ::eventfd_write(desk_.news.get(), 1);
  }

  Desk& desk_;
  FilterPolicy policy_;
  std::vector<char> call_, answer_;
};

Listener::Listener(EventLoop& loop, Fd listener, std::function<FilterPolicy()> policy,
                   std::function<void(const Denial&)> told)
    : loop_(loop),
      desk_(std::make_shared<Desk>()),
      told_(std::move(told)),
      call_(loop.get()),
      news_(loop.get()) {
  desk_->listener = std::move(listener);
  desk_->policy = std::move(policy);
  desk_->tells = static_cast<bool>(told_);
  call_.set<Listener, &Listener::on_call>(this);
  call_.start(desk_->listener.get(), ev::READ);
  if (!desk_->tells) return;
  desk_->news.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  news_.set<Listener, &Listener::on_news>(this);
  news_.start(desk_->news.get(), ev::READ);
}

Listener::~Listener() {
  finish();
}

void Listener::on_call(ev::io& watcher, int) {
  loop_.guarded([&] {
    if (!call_waits(desk_->listener, 0) || start_thread()) return watcher.stop();
    if (!clerk_) clerk_ = std::make_unique<Clerk>(*desk_);
    if (clerk_->serve()) return;
    watcher.stop();
    desk_->listener.reset();
  });
}

/// False where the user may have no further thread (RLIMIT_NPROC): the loop serves the calls then.
bool Listener::start_thread() {
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are the loop's
  try {
    thread_ = std::thread(serve_all, desk_);
  } catch (const std::system_error&) {
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread_.joinable();
}

void Listener::serve_all(const std::shared_ptr<Desk>& desk) {
  try {
    Clerk clerk(*desk);
    while (call_waits(desk->listener, -1) && clerk.serve()) {
    }
  } catch (...) {  // out of memory: the calls are refused by the kernel then, and nothing hangs
  }
  const std::lock_guard lock(desk->mutex);
  desk->listener.reset();
  desk->over = true;
  desk->changed.notify_all();
}

void Listener::on_news(ev::io&, int) {
  loop_.guarded([this] { tell(); });
}

void Listener::tell() {
  eventfd_t count;
  ::eventfd_read(desk_->news.get(), &count);
  std::vector<Denial> fresh;
  {
    const std::lock_guard lock(desk_->mutex);
    fresh.swap(desk_->fresh);
  }
  for (const Denial& one : fresh) told_(one);
}

std::vector<Denial> Listener::finish() {
  call_.stop();
  news_.stop();
  std::unique_lock lock(desk_->mutex);
  if (thread_.joinable()) {
    const bool over = desk_->changed.wait_for(lock, kPatience, [this] { return desk_->over; });
    lock.unlock();
    over ? thread_.join() : thread_.detach();
    lock.lock();
  }
  std::vector<Denial> rows = desk_->table.rows();
  lock.unlock();
  if (desk_->tells) tell();
  return rows;
}

}  // namespace cloche
