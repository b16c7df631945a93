#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>

#include <fmt/format.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"

namespace cloche {
namespace {

/// Reads to the end; returns 0 or the errno (EFBIG past `most`). The room grows with the text: most files
/// here are small, and each page of it that is touched costs a fault.
int read_all(int fd, std::size_t most, std::string& text) {
  constexpr std::size_t kPage = 4096;
  std::size_t length = 0;
  while (length <= most) {
    if (text.size() - length < kPage / 2) text.resize(text.size() + std::max(kPage, text.size()));
    const ssize_t got = ::read(fd, text.data() + length, text.size() - length);
    if (got < 0 && errno != EINTR) return errno;
    if (got > 0) length += static_cast<std::size_t>(got);
    if (got != 0) continue;
    text.resize(length);
    return 0;
  }
  return EFBIG;
}

int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(fd, text.data(), text.size());
    if (wrote < 0 && errno != EINTR) return errno;
    if (wrote > 0) text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return 0;
}

}  // namespace

std::string read_file_at(int dir, const std::string& path, std::size_t most) {
  const Fd fd = open_at(dir, path, O_RDONLY);
  return read_open_file(fd.get(), path, most);
}

std::string read_file(const std::string& path, std::size_t most) {
  return read_file_at(AT_FDCWD, path, most);
}

std::string read_open_file(int fd, const std::string& path, std::size_t most) {
  std::string text;
  if (const int error = read_all(fd, most, text)) throw_errno(error, "cannot read", path);
  return text;
}

std::optional<std::string> read_if_there_at(int dir, const std::string& path, std::size_t most) {
  const Fd fd(::openat(dir, path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  if (!fd || read_all(fd.get(), most, text) != 0) return std::nullopt;
  return text;
}

std::optional<std::string> read_if_there(const std::string& path, std::size_t most) {
  return read_if_there_at(AT_FDCWD, path, most);
}

int write_control_at(int dir, const std::string& path, std::string_view text) {
  const Fd fd(::openat(dir, path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return errno;
  return ::write(fd.get(), text.data(), text.size()) < 0 ? errno : 0;
}

void replace_file(const std::string& path, std::string_view text) {
  struct stat there {};
  if (::stat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) {
    const Fd fd = open_at(AT_FDCWD, path, O_WRONLY);
    if (const int error = write_all(fd.get(), text)) throw_errno(error, "cannot write", path);
    return;
  }
  std::string temporary = path + ".XXXXXX";
  const Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) throw_errno(errno, "cannot write", path);
  int error = write_all(fd.get(), text);
  if (!error && ::fchmod(fd.get(), 0644) != 0) error = errno;
  if (!error && ::fsync(fd.get()) != 0) error = errno;
  if (!error && ::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error) {
    ::unlink(temporary.c_str());
    throw_errno(error, "cannot write", path);
  }
}

std::string own_program() {
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  return length > 0 && length < ssize_t{sizeof path} ? std::string(path, static_cast<std::size_t>(length))
                                                     : "";
}

}  // namespace cloche
