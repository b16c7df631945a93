#include "cli/descriptors.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "base/error.h"
#include "base/fd.h"

namespace cloche::cli {

void tidy_descriptors(const std::vector<int>& kept) {
  for (const int fd : kept)
    if (::fcntl(fd, F_GETFD) < 0)
      throw UsageError(fmt::format("--fd {}: that descriptor is not open", fd),
                       fmt::format("open it first, such as: cloche run --fd {0} … {0}<FILE", fd));
  hold_standard_descriptors();
  std::vector<int> sorted = kept;
  std::sort(sorted.begin(), sorted.end());
  unsigned first = 3;
  for (const int fd : sorted) {
    if (static_cast<unsigned>(fd) < first) continue;
    if (static_cast<unsigned>(fd) > first)
      ::syscall(SYS_close_range, first, static_cast<unsigned>(fd) - 1, 0);
    first = static_cast<unsigned>(fd) + 1;
  }
  ::syscall(SYS_close_range, first, ~0u, 0);
}

bool is_terminal(int fd) {
  return ::isatty(fd) == 1;
}

}  // namespace cloche::cli
