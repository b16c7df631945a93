#include "host/placeholder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/file.h"

namespace cloche {
namespace {

// Nobody can make a file in /proc: what is written through the link fails too. It tells whoever lists it.
constexpr std::string_view kNowhere = "/proc/kept-free-by-cloche/until-its-run-ends";
constexpr std::string_view kSameFolder = ".\n";
constexpr mode_t kFolderMode = 01755, kFileMode = 01644;

/// A folder below one with the setgid bit inherits that.
bool has_mode(const struct stat& there, mode_t mode) {
  return (there.st_mode & 07777 & ~static_cast<mode_t>(S_ISGID)) == mode;
}

bool is_mine(const struct stat& there) {
  static const uid_t me = ::geteuid();
  return there.st_uid == me;
}

bool is_empty(int folder, const char* name) {
  const int fd = ::openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(fd < 0 ? nullptr : ::fdopendir(fd), ::closedir);
  if (!entries) return false;
  while (const dirent* entry = ::readdir(entries.get()))
    if (std::string_view(entry->d_name) != "." && std::string_view(entry->d_name) != "..") return false;
  return true;
}

int lay_link(int folder, const char* name) {
  return ::symlinkat(kNowhere.data(), folder, name) == 0 ? 0 : errno;
}

int lay_folder(int folder, const char* name) {
  if (::mkdirat(folder, name, kFolderMode) != 0) return errno;
  struct stat made {};
  if (::fstatat(folder, name, &made, AT_SYMLINK_NOFOLLOW) != 0) return errno;
  if (has_mode(made, kFolderMode)) return 0;
  // The caller's umask, or an access list; a file system that keeps no modes cannot tell it from others.
  const Fd fd(::openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (fd && ::fchmod(fd.get(), kFolderMode) == 0 && is_placeholder(folder, name)) return 0;
  ::unlinkat(folder, name, AT_REMOVEDIR);
  return EOPNOTSUPP;
}

/// Whole at once: Git outside would die of an empty one.
int lay_same(int folder, const char* name) {
  const Fd file(::openat(folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, kFileMode));
  if (!file || ::fchmod(file.get(), kFileMode) != 0) return errno;
  if (::write(file.get(), kSameFolder.data(), kSameFolder.size()) != ssize_t{kSameFolder.size()})
    return errno;
  const std::string open = "/proc/self/fd/" + std::to_string(file.get());
  return ::linkat(AT_FDCWD, open.c_str(), folder, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

}  // namespace

bool is_placeholder(int folder, const char* name) {
  struct stat there {};
  if (::fstatat(folder, name, &there, AT_SYMLINK_NOFOLLOW) != 0 || !is_mine(there)) return false;
  if (S_ISLNK(there.st_mode)) {
    char target[kNowhere.size() + 1];
    const ssize_t length = ::readlinkat(folder, name, target, sizeof target);
    return length > 0 && std::string_view(target, static_cast<std::size_t>(length)) == kNowhere;
  }
  if (S_ISDIR(there.st_mode)) return has_mode(there, kFolderMode) && is_empty(folder, name);
  return S_ISREG(there.st_mode) && has_mode(there, kFileMode) &&
         static_cast<std::size_t>(there.st_size) == kSameFolder.size() &&
         read_if_there_at(folder, name) == kSameFolder;
}

int lay_placeholder(int folder, const char* name, PlaceholderKind kind) {
  int error = kind == PlaceholderKind::link     ? lay_link(folder, name)
              : kind == PlaceholderKind::folder ? lay_folder(folder, name)
                                                : lay_same(folder, name);
  // A file system that has no links says so by EPERM.
  if (kind == PlaceholderKind::link && error == EPERM) error = lay_folder(folder, name);
  return error == EEXIST && is_placeholder(folder, name) ? 0 : error;
}

int lay_another_link(int folder, const char* laid, const char* name) {
  if (::linkat(folder, laid, folder, name, 0) == 0) {
    if (is_placeholder(folder, name)) return 0;
    ::unlinkat(folder, name, 0);  // somebody had put something else where the laid one was
  }
  return lay_placeholder(folder, name, PlaceholderKind::link);
}

void take_placeholder(int folder, const char* name) {
  if (is_placeholder(folder, name)) {
    if (::unlinkat(folder, name, 0) == 0 || errno != EISDIR) return;
    if (::unlinkat(folder, name, AT_REMOVEDIR) == 0) return;
  }
  // Somebody outside has put something into it: it is theirs now, and a folder as any other.
  const Fd theirs(::openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat there {};
  if (theirs && ::fstat(theirs.get(), &there) == 0 && is_mine(there) && has_mode(there, kFolderMode))
    ::fchmod(theirs.get(), there.st_mode & 07777 & ~static_cast<mode_t>(S_ISVTX));
}

}  // namespace cloche
