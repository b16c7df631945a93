#include "child/view.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "child/fail.h"
#include "child/places.h"
#include "child/start.h"

namespace cloche::child {
namespace {

// More sources than this are opened when their turn comes: descriptors are a limited resource.
constexpr std::size_t kOpenedAhead = 128;
constexpr unsigned kSafe = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
// Detaching takes 0.03 ms; a payload whose turn never comes meanwhile sleeps until it is told.
constexpr int kMostLooks = 100;
constexpr char kHiddenFile[] = ".hidden-file";
constexpr char kHiddenFolder[] = ".hidden-folder";

class Builder {
 public:
  explicit Builder(const Frozen& frozen) : frozen_(frozen) {}

  void build() {
    make_root();
    for (index_ = 0; index_ < frozen_.mount_count; ++index_) add(frozen_.mounts[index_]);
    await_placeholders();
    // The names go, the mounts over hidden places stay.
    ::unlinkat(root_, kHiddenFile, 0);
    ::unlinkat(root_, kHiddenFolder, AT_REMOVEDIR);
    enter();
  }

  static int open_source(const Frozen& frozen, std::size_t index) {
    const Mount& mount = frozen.mounts[index];
    const bool device = mount.kind == MountKind::device;
    const unsigned recursive = device ? 0 : AT_RECURSIVE;
    const int fd = ::open_tree(AT_FDCWD, mount.source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive);
    if (fd < 0) {
      if ((mount.may_be_gone && errno == ENOENT) || (mount.optional && errno == EACCES)) return -1;
      fail(frozen, Step::open_source, index);
    }
    mount_attr attributes{};
    attributes.attr_set = device ? MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC : kSafe;
    if (!mount.writable && !device) attributes.attr_set |= MOUNT_ATTR_RDONLY;
    if (::mount_setattr(fd, "", AT_EMPTY_PATH | recursive, &attributes, sizeof attributes) != 0)
      fail(frozen, Step::restrict_source, index);
    return fd;
  }

 private:
  void make_root() {
    root_ = new_file_system("tmpfs", "mode", "0755", "size", frozen_.root_size, kSafe);
    // The new root lies over the old one until the pivot: "/" is the one folder that every host has.
    if (root_ < 0 || ::move_mount(root_, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) != 0 ||
        !places_.own(root_))
      fail(frozen_, Step::make_root);
    places_.set_root(root_);
  }

  /// A detached mount of a new instance of `type`, or -1. Options with a null value are left out.
  static int new_file_system(const char* type, const char* key1, const char* value1, const char* key2,
                             const char* value2, unsigned attributes) {
    const int context = ::fsopen(type, FSOPEN_CLOEXEC);
    if (context < 0) return -1;
    const bool configured = (!value1 || ::fsconfig(context, FSCONFIG_SET_STRING, key1, value1, 0) == 0) &&
                            (!value2 || ::fsconfig(context, FSCONFIG_SET_STRING, key2, value2, 0) == 0) &&
                            ::fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0;
    const int mount = configured ? ::fsmount(context, FSMOUNT_CLOEXEC, attributes) : -1;
    const int error = errno;
    ::close(context);
    errno = error;
    return mount;
  }

  void add(const Mount& mount) {
    switch (mount.kind) {
      case MountKind::bind:
      case MountKind::device:
        return bind(mount);
      case MountKind::tmpfs:
        return tmpfs(mount);
      case MountKind::scratch:
        return scratch(mount);
      case MountKind::folder:
        return static_cast<void>(::close(destination(mount, true)));
      case MountKind::proc:
        return file_system(mount, "proc", Step::mount_proc);
      case MountKind::devpts:
        return devpts(mount);
      case MountKind::symlink:
        return symlink(mount);
      case MountKind::hide:
        return hide(mount);
      case MountKind::seal:
        return seal(mount);
      case MountKind::protect:
        return protect(mount);
    }
  }

  void bind(const Mount& mount) {
    int source = frozen_.source_fds[index_];
    if (source < 0) source = open_source(frozen_, index_);
    if (source < 0) return;
    struct stat what;
    if (::fstat(source, &what) != 0) fail(frozen_, Step::open_source, index_);
    const int to = destination(mount, S_ISDIR(what.st_mode));
    if (to >= 0) return attach(source, to, mount.may_be_gone);
    ::close(source);
  }

  void tmpfs(const Mount& mount) {
    char mode[16], size[32];
    number(mode, mount.mode, 8);
    number(size, mount.size, 10);
    const int source = new_file_system("tmpfs", "mode", mode, "size", mount.size ? size : nullptr, kSafe);
    if (source < 0) fail(frozen_, Step::mount_tmpfs, index_);
    give(source);
    const int to = destination(mount, true);
    if (to < 0) return static_cast<void>(::close(source));
    if (!places_.own(source)) fail(frozen_, Step::mount_tmpfs, index_);
    attach(source, to);
  }

  /// A folder of the root's tmpfs bound onto itself: it stays writable when the root becomes read-only, and
  /// costs less than a file system of its own.
  void scratch(const Mount& mount) {
    const int to = destination(mount, true);
    struct stat there;
    if (::fstat(to, &there) != 0 || !places_.owns(there)) {
      errno = EROFS;
      fail(frozen_, Step::make_destination, index_);
    }
    // What is made just now mostly is as it should be.
    if ((there.st_mode & 07777) != mount.mode) {
      const int folder = ::openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      if (folder < 0 || ::fchmod(folder, mount.mode) != 0) fail(frozen_, Step::make_destination, index_);
      ::close(folder);
    }
    if (there.st_uid != frozen_.uid || there.st_gid != frozen_.gid) give(to);
    const int source = ::open_tree(to, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (source < 0) fail(frozen_, Step::open_source, index_);
    attach(source, to);
  }

  void file_system(const Mount& mount, const char* type, Step step) {
    const int source = new_file_system(type, "", nullptr, "", nullptr, kSafe | MOUNT_ATTR_NOEXEC);
    if (source < 0) fail(frozen_, step, index_);
    attach(source, destination(mount, true));
  }

  void devpts(const Mount& mount) {
    const int source =
        new_file_system("devpts", "ptmxmode", "0666", "mode", "0620", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    if (source < 0) fail(frozen_, Step::mount_devpts, index_);
    attach(source, destination(mount, true));
  }

  void symlink(const Mount& mount) {
    if (!places_.link(mount.source, mount.destination)) fail(frozen_, Step::symlink, index_);
  }

  void hide(const Mount& mount) {
    const int to = what_is_there(mount);
    if (to < 0) return;
    struct stat there;
    if (::fstat(to, &there) != 0) fail(frozen_, Step::make_destination, index_);
    const bool folder = S_ISDIR(there.st_mode);
    const char* name = folder ? kHiddenFolder : kHiddenFile;
    if (folder) {
      if (::mkdirat(root_, name, 0) != 0 && errno != EEXIST) fail(frozen_, Step::attach, index_);
    } else {
      const int made = ::openat(root_, name, O_CREAT | O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
      if (made >= 0) ::close(made);
    }
    attach_sealed(::open_tree(root_, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), to, 0);
  }

  void seal(const Mount& mount) {
    const int to = what_is_there(mount);
    if (to < 0) return;
    attach_sealed(onto_itself(to), to, AT_RECURSIVE);
  }

  /// A mount point can be neither renamed nor removed. A link is one too: its own, not what it leads to.
  void protect(const Mount& mount) {
    await_placeholders();
    const char* name;
    const int folder = places_.folder_of(mount.destination, name);
    constexpr unsigned kItself = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW;
    const int source = folder < 0 ? -1 : ::open_tree(folder, name, kItself);
    if (source < 0) return expect_nothing(mount);
    if (!mount.writable) seal_tree(source, AT_RECURSIVE);
    if (::move_mount(source, "", folder, name, MOVE_MOUNT_F_EMPTY_PATH) != 0)
      fail(frozen_, Step::attach, index_);
    ::close(source);
  }

  /// What comes before the first of them need not wait for it.
  void await_placeholders() {
    if (frozen_.awaits_placeholders && !std::exchange(are_laid_, true)) expect(frozen_, Say::laid);
  }

  static int onto_itself(int place) {
    return ::open_tree(place, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
  }

  /// The place of what covers; -1 where nothing is there to be covered.
  int what_is_there(const Mount& mount) {
    const int to = places_.find(mount.destination);
    if (to < 0) expect_nothing(mount);
    return to;
  }

  /// By the errno of what looked for it. What the root of the namespace may not reach, the payload may not
  /// either.
  void expect_nothing(const Mount& mount) {
    if (errno != ENOENT && errno != ENOTDIR && !(mount.optional && errno == EACCES))
      fail(frozen_, Step::make_destination, index_);
  }

  void attach_sealed(int source, int to, unsigned recursive) {
    if (source < 0) fail(frozen_, Step::restrict_source, index_);
    seal_tree(source, recursive);
    attach(source, to);
  }

  void seal_tree(int tree, unsigned recursive) {
    mount_attr attributes{};
    attributes.attr_set = kSafe | MOUNT_ATTR_RDONLY;
    if (::mount_setattr(tree, "", AT_EMPTY_PATH | recursive, &attributes, sizeof attributes) != 0)
      fail(frozen_, Step::restrict_source, index_);
  }

  /// The place of a mount, made where it is missing; -1 for an optional one that cannot be had.
  int destination(const Mount& mount, bool folder) {
    const int to = places_.make(mount.destination, folder, mount.mode);
    if (to < 0 && !(mount.optional && (errno == EROFS || errno == EACCES)))
      fail(frozen_, Step::make_destination, index_);
    return to;
  }

  /// ENOENT: the source was removed after it was opened.
  void attach(int source, int to, bool may_be_gone = false) {
    if (::move_mount(source, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0 &&
        !(may_be_gone && errno == ENOENT))
      fail(frozen_, Step::attach, index_);
    ::close(source);
    ::close(to);
  }

  /// A private folder belongs to whom the payload will be.
  void give(int folder) {
    // By the empty path: a new mount's descriptor is O_PATH, which fchown(2) refuses.
    if (::fchownat(folder, "", frozen_.uid, frozen_.gid, AT_EMPTY_PATH) != 0)
      fail(frozen_, Step::make_destination, index_);
  }

  void enter() {
    // pivot_root(".", ".") stacks the old root on the new one.
    if (::fchdir(root_) != 0 || ::syscall(SYS_pivot_root, ".", ".") != 0) fail(frozen_, Step::pivot);
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    if (::mount_setattr(root_, "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0)
      fail(frozen_, Step::seal_root);
    ::close(root_);
  }

  static void number(char* text, std::uint64_t value, unsigned base) {
    char reversed[32];
    int digits = 0;
    do reversed[digits++] = static_cast<char>('0' + value % base);
    while (value /= base);
    while (digits) *text++ = reversed[--digits];
    *text = 0;
  }

  const Frozen& frozen_;
  std::size_t index_ = 0;
  int root_ = -1;
  bool are_laid_ = false;
  Places places_;
};

/// Whether ".." at the root stays there. Two file systems: the root is a tmpfs of this view's own.
bool leads_nowhere() {
  struct stat root, above;
  return ::stat("/", &root) == 0 && ::stat("/..", &above) == 0 && root.st_dev == above.st_dev &&
         root.st_ino == above.st_ino;
}

}  // namespace

void open_sources(const Frozen& frozen) {
  // No propagation in either direction: mounts made on the host later do not appear inside.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail(frozen, Step::private_mounts);
  std::size_t opened = 0;
  for (std::size_t i = 0; i < frozen.mount_count && opened < kOpenedAhead; ++i) {
    const MountKind kind = frozen.mounts[i].kind;
    if (kind != MountKind::bind && kind != MountKind::device) continue;
    frozen.source_fds[i] = Builder::open_source(frozen, i);
    ++opened;
  }
}

void build_view(const Frozen& frozen) {
  Builder(frozen).build();
}

void close_view(const Frozen& frozen) {
  // The working directory is the new root still; it is the mount on top of it, the old one, that goes.
  if (::umount2(".", MNT_DETACH) != 0 || ::chdir("/") != 0) fail(frozen, Step::pivot);
  reach(frozen, ViewStage::closed);
}

void reach(const Frozen& frozen, ViewStage stage) {
  std::uint32_t& view = frozen.failure->view;
  __atomic_store_n(&view, static_cast<std::uint32_t>(stage), __ATOMIC_RELEASE);
  ::syscall(SYS_futex, &view, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

void await(const Frozen& frozen, ViewStage stage) {
  const std::uint32_t& view = frozen.failure->view;
  const auto wanted = static_cast<std::uint32_t>(stage);
  std::uint32_t seen;
  for (int looks = 0; frozen.closes_view && (seen = __atomic_load_n(&view, __ATOMIC_ACQUIRE)) < wanted;) {
    if (seen == static_cast<std::uint32_t>(ViewStage::built)) {
      if (leads_nowhere()) return;
      if (++looks < kMostLooks) {
        ::sched_yield();
        continue;
      }
    }
    ::syscall(SYS_futex, &view, FUTEX_WAIT, seen, nullptr, nullptr, 0);
  }
}

void show_cgroup(const Frozen& frozen) {
  const int context = ::fsopen("cgroup2", FSOPEN_CLOEXEC);
  if (context < 0 || ::fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
    fail(frozen, Step::cgroup_mount);
  const int mount = ::fsmount(context, FSMOUNT_CLOEXEC, kSafe | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY);
  if (mount < 0 || ::move_mount(mount, "", AT_FDCWD, "/sys/fs/cgroup", MOVE_MOUNT_F_EMPTY_PATH) != 0)
    fail(frozen, Step::cgroup_mount);
  ::close(mount);
  ::close(context);
}

}  // namespace cloche::child
