#include "child/fail.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

namespace cloche::child {
namespace {

// 5 s: a systemd that takes longer finds nobody any more, and makes no scope.
constexpr timespec kStep = {0, 2'000'000};
constexpr int kMostSteps = 2500;

/// Whether /proc/self/cgroup, whose last line is the unified tree's ("0::PATH"), names `cgroup`; so it is as
/// well where that cannot be read.
bool is_in(const char* cgroup) {
  const int file = ::open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
  char text[8192];
  std::size_t size = 0;
  ssize_t got = file < 0 ? -1 : 1;
  while (got > 0 && size < sizeof text - 1) {
    got = ::read(file, text + size, sizeof text - 1 - size);
    if (got > 0) size += static_cast<std::size_t>(got);
  }
  if (file >= 0) ::close(file);
  text[size] = 0;
  const char* const line = ::strstr(text, "0::");
  const std::size_t length = ::strlen(cgroup);
  return !line || (::strncmp(line + 3, cgroup, length) == 0 && line[3 + length] == '\n');
}

/// cloche may set it to null meanwhile.
void leave_cgroup(const char* const volatile& cgroup) {
  for (int steps = 0; steps < kMostSteps; ++steps) {
    const char* const still = cgroup;
    if (!still || !is_in(still)) return;
    ::nanosleep(&kStep, nullptr);
  }
}

}  // namespace

void fail(const Frozen& frozen, Step step, std::size_t index) {
  frozen.failure->error = errno;
  frozen.failure->index = static_cast<std::uint32_t>(index);
  frozen.failure->step = step;
  leave_cgroup(frozen.cgroup_to_leave);
  ::_exit(125);
}

}  // namespace cloche::child
