#include "base/fd.h"

#include <cerrno>

#include "base/error.h"

namespace cloche {

Fd open_at(int dir, const std::string& path, int flags, mode_t mode) {
  Fd fd(::openat(dir, path.c_str(), flags | O_CLOEXEC, mode));
  if (!fd) throw_errno(errno, "cannot open", path);
  return fd;
}

Fd open_if_there(int dir, const std::string& path, int flags) {
  Fd fd(::openat(dir, path.c_str(), flags | O_CLOEXEC));
  if (!fd && errno != ENOENT && errno != ENOTDIR) throw_errno(errno, "cannot open", path);
  return fd;
}

void hold_standard_descriptors() {
  for (int fd = 0; fd <= 2; ++fd)
    if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) < 0)
      throw_errno(errno, "cannot open", "/dev/null");
}

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno(errno, "cannot make a pipe", "");
  return {Fd(ends[0]), Fd(ends[1])};
}

}  // namespace cloche
