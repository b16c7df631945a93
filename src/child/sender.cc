#include "child/sender.h"

#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <ctime>

#include "child/messages.h"

namespace cloche::child {
namespace {

constexpr timespec kMoment = {0, 100'000}, kPatience = {0, 100'000'000};
// What Failure::sender holds, besides a listener's number from kFirst on or an errno below 0.
constexpr std::int32_t kNotThere = 0, kClosed = 1, kFirst = 2, kSent = INT32_MIN;
constexpr int kMostMoments = 10'000;  // a second and more

}  // namespace

bool Sender::begin() {
  clone_args arguments{};
  arguments.flags = CLONE_FILES | CLONE_PARENT;  // the signal at its end is the payload's own
  const auto process = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
  if (process == 0) run();
  if (process < 0) return false;
  std::int32_t& state = frozen_.failure->sender;
  while (__atomic_load_n(&state, __ATOMIC_ACQUIRE) == kNotThere) {
    ::syscall(SYS_futex, &state, FUTEX_WAIT, kNotThere, &kPatience, nullptr, 0);
    if (::kill(process, 0) != 0) return false;  // something killed it
  }
  return true;
}

void Sender::give(int listener) {
  __atomic_store_n(&frozen_.failure->sender, listener < 0 ? listener : kFirst + listener, __ATOMIC_RELEASE);
}

void Sender::await() {
  for (int moments = 0; moments < kMostMoments; ++moments) {
    const std::int32_t state = __atomic_load_n(&frozen_.failure->sender, __ATOMIC_ACQUIRE);
    if (state == kNotThere || state == kClosed || state == kSent) return;
    ::nanosleep(&kMoment, nullptr);
  }
}

void Sender::run() const {
  std::int32_t& state = frozen_.failure->sender;
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) ::_exit(1);
  __atomic_store_n(&state, kClosed, __ATOMIC_RELEASE);
  ::syscall(SYS_futex, &state, FUTEX_WAKE, 1, nullptr, nullptr, 0);
  std::int32_t given;
  while ((given = __atomic_load_n(&state, __ATOMIC_ACQUIRE)) == kClosed) ::nanosleep(&kMoment, nullptr);
  send_message(frozen_.control, {Say::listener, given < 0 ? -given : 0, 0}, given < 0 ? -1 : given - kFirst);
  __atomic_store_n(&state, kSent, __ATOMIC_RELEASE);
  ::_exit(0);
}

}  // namespace cloche::child
