// The places of a new root: found and made without ever leaving it.
//
//   Places places(root);                     // a mount of a file system that is ours
//   int fd = places.make("/dev/null", false, 0444);
//
// The kernel resolves every path inside the root (openat2, RESOLVE_IN_ROOT), however many links somebody
// plants meanwhile. Nothing is made on a file system that is not ours: never on the host's.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <climits>
#include <cstddef>

namespace cloche::child {

class Places {
 public:
  ~Places() { forget(); }
  /// The descriptor of the root, which stays the caller's.
  void set_root(int root) { root_ = root; }
  /// On the file system of `fd` places may be made from here on. False with errno set.
  bool own(int fd);
  bool owns(int fd) const;
  bool owns(const struct stat& there) const;

  /// Opens what is there as O_PATH, the caller's; -1 with errno set.
  int find(const char* path);
  /// The folder that `path` lies in, for the next call to close; -1 with errno set. `name`: of the path in
  /// it.
  int folder_of(const char* path, const char*& name);
  /// Opens `path`, making what is missing of it: folders, and a file at the end where `folder` is false.
  /// EROFS where it would have to be made on a file system that is not ours.
  int make(const char* path, bool folder, mode_t mode);
  /// Makes a link at an absolute path, and the folders that it lies in. What is there already stays.
  bool link(const char* target, const char* path);

 private:
  /// Remembers `folder`, at the first `length` bytes of `path`. `ours`: owns(folder).
  void remember(int folder, const char* path, std::size_t length, bool ours);
  bool remembers(const char* path, std::size_t length) const;
  void forget();
  /// The first `length` bytes of `path`, "/" where there are none: until the next call.
  const char* first(const char* path, std::size_t length);
  int make(const char* path, std::size_t length, bool folder, mode_t mode);
  int make_entry(int parent, const char* name, bool folder, mode_t mode) const;
  int make_way(const char* path, std::size_t length, bool folder, mode_t mode);

  int root_ = -1;
  dev_t devices_[64];
  std::size_t device_count_ = 0;
  // The folder that was used last: most places lie beside each other. What is mounted on a place in it does
  // not change where its path leads; what may do that forgets it. Things are made in it only if it is ours.
  char parent_path_[PATH_MAX], text_[PATH_MAX];
  std::size_t parent_length_ = 0;
  int parent_ = -1;
  bool parent_is_ours_ = false;
};

}  // namespace cloche::child
