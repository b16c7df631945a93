#include "lab/surface.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include "base/error.h"
#include "base/fd.h"
#include "policy/shipped_filters.h"

namespace cloche::lab {
namespace {

constexpr std::uint32_t kNumbers = 512;  // above all that x86-64 and aarch64 have
constexpr int kWouldRun = EOWNERDEAD;  // what the second filter's supervisor answers: no call does by itself

void count(Surface& surface, int error) {
  if (error == kWouldRun || error == 0)
    ++surface.allowed;
  else if (error == EPERM)
    ++surface.refused;
  else if (error == ENOSYS)
    ++surface.absent;
  else
    ++surface.other;
}

/// What the child and its supervisor share.
struct Shared {
  std::atomic<int> listener{-1};
  std::atomic<int> failed{0};
  std::array<int, kNumbers> errors{};
};

/// Calls with a first argument of 0 go to the supervisor; those with which the child goes on have another
/// one.
const std::array<sock_filter, 4> kAskAboutAll = {{
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
}};

int load(const sock_filter* code, std::size_t length, unsigned flags) {
  const sock_fprog program = {static_cast<unsigned short>(length), const_cast<sock_filter*>(code)};
  return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
}

/// In the child: from the second filter on, nothing is called but what is counted and the end.
[[noreturn]] void ask_about_each(std::span<const sock_filter> filter, const std::array<bool, kNumbers>& known,
                                 Shared& shared) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const int listener = load(kAskAboutAll.data(), kAskAboutAll.size(), SECCOMP_FILTER_FLAG_NEW_LISTENER);
  shared.failed = listener < 0 ? errno : load(filter.data(), filter.size(), 0) < 0 ? errno : 0;
  shared.listener = listener;
  if (!shared.failed)
    for (std::uint32_t number = 0; number < kNumbers; ++number)
      if (known.at(number))
        shared.errors.at(number) =
            ::syscall(static_cast<long>(number), 0L, 0L, 0L, 0L, 0L, 0L) < 0 ? errno : 0;
  ::syscall(SYS_exit_group, 1);
  __builtin_unreachable();
}

/// Answers for the kernel until the child has ended.
void supervise(int listener) {
  while (true) {
    pollfd ready = {listener, POLLIN, 0};
    if (::poll(&ready, 1, 10'000) <= 0 || !(ready.revents & POLLIN)) return;
    seccomp_notif asked{};
    if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0) return;
    seccomp_notif_resp answer{.id = asked.id, .val = 0, .error = -kWouldRun, .flags = 0};
    ::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
  }
}

}  // namespace

Surface surface_by_policy() {
  const FilterPolicy policy = default_policy({});
  Surface surface;
  for (std::uint32_t number = 0; number < kNumbers; ++number) {
    const std::string name = call_name(number, this_machine());
    if (name.empty()) continue;
    const Action action = decide(policy, name, {});
    const bool through = action.kind == Action::Kind::allow || action.kind == Action::Kind::log;
    count(surface, through ? kWouldRun : action.kind == Action::Kind::error ? action.error : ENOSYS);
  }
  return surface;
}

Surface surface_by_kernel() {
  const std::span<const sock_filter> filter = shipped_filter({}, {})->error;
  std::array<bool, kNumbers> known{};
  for (std::uint32_t number = 0; number < kNumbers; ++number)
    known.at(number) = !call_name(number, this_machine()).empty();
  void* page = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) throw_errno(errno, "cannot share memory", "");
  auto& shared = *new (page) Shared;
  // With one table of descriptors the listener that the child makes is here at once: it could not send it.
  const long pid = ::syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
  if (pid < 0) throw_errno(errno, "cannot start a process", "");
  if (pid == 0) ask_about_each(filter, known, shared);
  int status = 0;
  while (shared.listener < 0 && ::waitpid(static_cast<pid_t>(pid), &status, WNOHANG) == 0) ::usleep(500);
  if (shared.listener >= 0) {
    const Fd listener(shared.listener);
    if (!shared.failed) supervise(listener.get());
    ::kill(static_cast<pid_t>(pid), SIGKILL);
    ::waitpid(static_cast<pid_t>(pid), &status, 0);
  }
  if (shared.failed) throw_errno(shared.failed, "seccomp(SECCOMP_SET_MODE_FILTER)", "");
  if (shared.listener < 0) throw Error("the process that was to be filtered ended too early");
  Surface surface;
  for (std::uint32_t number = 0; number < kNumbers; ++number)
    if (known.at(number)) count(surface, shared.errors.at(number));
  ::munmap(page, sizeof(Shared));
  return surface;
}

std::size_t calls_by_arguments() {
  const FilterPolicy policy = default_policy({});
  std::size_t calls = 0;
  for (const auto& [name, call] : policy.calls)
    if (!call.rules.empty() && call_number(name, this_machine())) ++calls;
  return calls;
}

}  // namespace cloche::lab
