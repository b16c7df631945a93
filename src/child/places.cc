#include "child/places.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace cloche::child {
namespace {

int open_inside(int root, const char* path) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  int fd;
  // EAGAIN: something was renamed while the kernel looked; a few tries are as many as an attacker gets.
  for (int tries = 0; tries < 256; ++tries) {
    fd = static_cast<int>(::syscall(SYS_openat2, root, path, &how, sizeof how));
    if (fd >= 0 || errno != EAGAIN) break;
  }
  return fd;
}

void close_quietly(int fd) {
  const int error = errno;
  ::close(fd);
  errno = error;
}

/// Of the path up to its last name; 0 where that lies in the root itself.
std::size_t parent_length(const char* path, std::size_t length) {
  while (length && path[length - 1] != '/') --length;
  while (length && path[length - 1] == '/') --length;
  return length;
}

}  // namespace

bool Places::own(int fd) {
  struct stat there;
  if (device_count_ == sizeof devices_ / sizeof *devices_) return errno = E2BIG, false;
  if (::fstat(fd, &there) != 0) return false;
  devices_[device_count_++] = there.st_dev;
  return true;
}

bool Places::owns(int fd) const {
  struct stat there;
  return ::fstat(fd, &there) == 0 && owns(there);
}

bool Places::owns(const struct stat& there) const {
  for (std::size_t i = 0; i < device_count_; ++i)
    if (devices_[i] == there.st_dev) return true;
  return false;
}

int Places::find(const char* path) {
  forget();
  return open_inside(root_, path);
}

int Places::folder_of(const char* path, const char*& name) {
  name = ::strrchr(path, '/') + 1;
  const std::size_t length = parent_length(path, ::strlen(path));
  if (remembers(path, length)) return parent_;
  if (length >= PATH_MAX) return errno = ENAMETOOLONG, -1;
  const int there = find(first(path, length));
  if (there >= 0) remember(there, path, length, false);
  return there;
}

int Places::make(const char* path, bool folder, mode_t mode) {
  std::size_t length = ::strlen(path);
  while (length && path[length - 1] == '/') --length;
  return make(path, length, folder, mode);
}

int Places::make(const char* path, std::size_t length, bool folder, mode_t mode) {
  if (length >= PATH_MAX) return errno = ENAMETOOLONG, -1;
  const std::size_t parent = parent_length(path, length);
  if (parent < length && parent_is_ours_ && remembers(path, parent)) {
    std::size_t name = parent;
    while (path[name] == '/') ++name;
    const int made = make_entry(parent_, first(path + name, length - name), folder, mode);
    if (made >= 0) return made;
  }
  const int there = find(first(path, length));
  return there >= 0 || errno != ENOENT ? there : make_way(path, length, folder, mode);
}

bool Places::link(const char* target, const char* path) {
  const std::size_t parent = parent_length(path, ::strlen(path));
  if (!parent_is_ours_ || !remembers(path, parent)) {
    const int there = make(path, parent, true, 0755);
    if (there < 0) return false;
    if (!owns(there)) {
      ::close(there);
      return errno = EROFS, false;
    }
    remember(there, path, parent, true);
  }
  return ::symlinkat(target, parent_, ::strrchr(path, '/') + 1) == 0 || errno == EEXIST;
}

const char* Places::first(const char* path, std::size_t length) {
  if (!length) return "/";
  std::memcpy(text_, path, length);
  text_[length] = 0;
  return text_;
}

int Places::make_entry(int parent, const char* name, bool folder, mode_t mode) const {
  if (!folder) return ::openat(parent, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_WRONLY, 0444);
  if (::mkdirat(parent, name, mode) != 0) return -1;
  return ::openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/// Up to what is there, which is the parent most often, then down again.
int Places::make_way(const char* path, std::size_t length, bool folder, mode_t mode) {
  int fd;
  std::size_t at = length;
  do {
    at = parent_length(path, at);
    fd = open_inside(root_, first(path, at));
  } while (fd < 0 && errno == ENOENT && at);
  while (fd >= 0 && at < length) {
    const std::size_t parent = at;
    while (path[at] == '/') ++at;
    std::size_t end = at;
    while (end < length && path[end] != '/') ++end;
    const bool last = end == length;
    const int made = owns(fd)
                         ? make_entry(fd, first(path + at, end - at), folder || !last, last ? mode : 0755)
                         : (errno = EROFS, -1);
    if (made >= 0 && last)
      remember(fd, path, parent, true);
    else
      close_quietly(fd);
    fd = made;
    at = end;
  }
  return fd;
}

bool Places::remembers(const char* path, std::size_t length) const {
  return parent_ >= 0 && parent_length_ == length && std::memcmp(parent_path_, path, length) == 0;
}

void Places::remember(int folder, const char* path, std::size_t length, bool ours) {
  forget();
  std::memcpy(parent_path_, path, length);
  parent_length_ = length;
  parent_ = folder;
  parent_is_ours_ = ours;
}

void Places::forget() {
  if (parent_ >= 0) close_quietly(parent_);
  parent_ = -1;
}

}  // namespace cloche::child
