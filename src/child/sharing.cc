#include "child/sharing.h"

#include <sched.h>
#include <signal.h>

#include <cerrno>
#include <cstring>

namespace cloche::child {

#ifdef __x86_64__

namespace {

constexpr std::size_t kStack = 64 * 1024;  // bytes, of which the payload uses a seventh (-fstack-usage)
// Bytes copied at either side of the thread pointer (ELF Handling For Thread-Local Storage, variant II). The
// variables lie below it, errno's within the first few hundred; the thread's own block above it begins with
// what compiled code and libc's wrappers read: the canary, and whether there are other threads.
constexpr std::size_t kBelow = 1024, kAbove = 512;

alignas(64) char stack[kStack];
alignas(64) char thread[kBelow + kAbove];

char* thread_pointer() {
  char* pointer;
  __asm__("mov %%fs:0, %0" : "=r"(pointer));
  return pointer;
}

}  // namespace

pid_t clone_sharing(int (*run)(void*), void* argument) {
  char* const mine = thread_pointer();
  const auto below = static_cast<std::size_t>(mine - reinterpret_cast<char*>(&errno));
  if (below > kBelow) {
    errno = ENOSYS;
    return -1;
  }
  char* const its = thread + kBelow;
  std::memcpy(its - below, mine - below, below + kAbove);
  // It holds its own address twice: for variables, and as the thread's handle.
  std::memcpy(its, &its, sizeof its);
  std::memcpy(its + 2 * sizeof its, &its, sizeof its);
  return ::clone(run, stack + kStack, CLONE_VM | CLONE_SETTLS | SIGCHLD, argument, nullptr, its, nullptr);
}

#else

pid_t clone_sharing(int (*)(void*), void*) {
  errno = ENOSYS;
  return -1;
}

#endif

}  // namespace cloche::child
