// One owner for each file descriptor.
//
//   Fd dir = open_at(AT_FDCWD, "/proc", O_DIRECTORY | O_PATH);
//   use(dir.get());            // lent, not given
//   child.take(std::move(dir)) // given away
//
// Every descriptor is born close-on-exec (O_CLOEXEC is added by open_at): what a payload inherits is named.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <utility>

namespace cloche {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  /// Gives the descriptor to the caller, who closes it.
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  /// Closes what is held (errors of close are of no use to anybody here) and holds `fd` from now on.
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

/// Opens `path` below the directory `dir`. Throws Error naming the path.
Fd open_at(int dir, const std::string& path, int flags, mode_t mode = 0);
/// The same, but an Fd that holds nothing where the file is missing (ENOENT, ENOTDIR).
Fd open_if_there(int dir, const std::string& path, int flags);

/// Descriptors 0 to 2 exist from here on: /dev/null where the caller had closed one, so that no other file
/// comes to have its number. Throws Error.
void hold_standard_descriptors();

/// Both ends of a close-on-exec pipe: what is written to `write` is read from `read`.
struct Pipe {
  Fd read;
  Fd write;
};
Pipe make_pipe();

}  // namespace cloche
