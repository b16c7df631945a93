// Every way to change the mounts, old and new, and to leave the root.
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "act.h"

namespace acts {
namespace {

// glibc has had some of these since 2.36 only.
int open_tree_of(int dir, const char* path, unsigned flags) {
  return static_cast<int>(::syscall(SYS_open_tree, dir, path, flags));
}
int context_of(const char* type) {
  return static_cast<int>(::syscall(SYS_fsopen, type, FSOPEN_CLOEXEC));
}

Result mount_tmpfs(const Words&) {
  return did(::mount("tmpfs", "/tmp", "tmpfs", 0, nullptr));
}
Result mount_proc(const Words&) {
  return did(::mount("proc", "/tmp", "proc", 0, nullptr));
}
Result mount_bind(const Words&) {
  return did(::mount("/usr", "/tmp", nullptr, MS_BIND, nullptr));
}
Result mount_overlay(const Words&) {
  ::mkdir("/tmp/overlay", 0755);
  ::mkdir("/tmp/overlay-lower", 0755);
  return did(::mount("overlay", "/tmp/overlay", "overlay", 0, "lowerdir=/tmp/overlay-lower:/usr,userxattr"));
}
Result mount_move(const Words&) {
  ::mkdir("/tmp/moved", 0755);
  return did(::mount("/proc", "/tmp/moved", nullptr, MS_MOVE, nullptr));
}
Result mount_shared(const Words&) {
  return did(::mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr));
}

/// Makes the mount that holds words[0] writable again.
Result remount_writable(const Words& words) {
  return did(::mount(nullptr, words.at(0).c_str(), nullptr, MS_REMOUNT | MS_BIND, nullptr));
}

Result unmount(const Words& words) {
  return did(::umount2(words.at(0).c_str(), MNT_DETACH));
}

Result pivot(const Words&) {
  ::mkdir("/tmp/new-root", 0755);
  // pivot_root(2) wants a mount point; where none can be made, the call itself is asked all the same.
  ::mount("tmpfs", "/tmp/new-root", "tmpfs", 0, nullptr);
  ::mkdir("/tmp/new-root/old", 0755);
  return did(::syscall(SYS_pivot_root, "/tmp/new-root", "/tmp/new-root/old"));
}

Result clone_tree(const Words&) {
  return did(open_tree_of(AT_FDCWD, "/usr", OPEN_TREE_CLONE | AT_RECURSIVE));
}

Result move_tree(const Words&) {
  const int tree = open_tree_of(AT_FDCWD, "/proc", 0);
  const int from = tree >= 0 ? tree : ::open("/proc", O_PATH | O_CLOEXEC);
  ::mkdir("/tmp/moved", 0755);
  return did(::syscall(SYS_move_mount, from, "", AT_FDCWD, "/tmp/moved", MOVE_MOUNT_F_EMPTY_PATH));
}

Result open_file_system(const Words&) {
  return did(context_of("tmpfs"));
}

Result pick_file_system(const Words&) {
  return did(::syscall(SYS_fspick, AT_FDCWD, "/tmp", 0));
}

Result make_file_system(const Words&) {
  const int context = context_of("tmpfs");
  if (context < 0) return refused();
  if (::syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return refused();
  return did(::syscall(SYS_fsmount, context, 0, 0));
}

/// Takes the read-only attribute away from the mount at words[0].
Result clear_read_only(const Words& words) {
  mount_attr attributes{};
  attributes.attr_clr = MOUNT_ATTR_RDONLY;
  return did(::syscall(SYS_mount_setattr, AT_FDCWD, words.at(0).c_str(), 0, &attributes, sizeof attributes));
}

/// Takes nosuid and nodev away.
Result clear_nosuid(const Words& words) {
  mount_attr attributes{};
  attributes.attr_clr = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  return did(::syscall(SYS_mount_setattr, AT_FDCWD, words.at(0).c_str(), 0, &attributes, sizeof attributes));
}

Result change_root(const Words&) {
  ::mkdir("/tmp/jail", 0755);
  return did(::chroot("/tmp/jail"));
}

/// The classic: keep a folder above open, chroot below, climb. Reads words[0] (relative to the host's root).
Result escape_chroot(const Words& words) {
  ::mkdir("/tmp/jail", 0755);
  const int outside = ::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (::chroot("/tmp/jail") != 0) return refused();
  if (::fchdir(outside) != 0) return refused();
  for (int i = 0; i < 128; ++i) {
    if (::chdir("..") != 0) return refused();
  }
  return did(::open(words.at(0).c_str() + 1, O_RDONLY | O_CLOEXEC));
}

constexpr Act kActs[] = {
    {"mount_tmpfs", mount_tmpfs},
    {"mount_proc", mount_proc},
    {"mount_bind", mount_bind},
    {"mount_overlay", mount_overlay},
    {"mount_move", mount_move},
    {"mount_shared", mount_shared},
    {"remount_writable", remount_writable},
    {"unmount", unmount},
    {"pivot_root", pivot},
    {"open_tree", clone_tree},
    {"move_mount", move_tree},
    {"fsopen", open_file_system},
    {"fspick", pick_file_system},
    {"fsmount", make_file_system},
    {"mount_setattr_writable", clear_read_only},
    {"mount_setattr_suid", clear_nosuid},
    {"chroot", change_root},
    {"escape_chroot", escape_chroot},
};

}  // namespace

std::span<const Act> mount_acts() {
  return kActs;
}

}  // namespace acts
