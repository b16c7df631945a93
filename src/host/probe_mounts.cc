#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/error.h"
#include "base/fd.h"
#include "host/attempt.h"
#include "host/probe.h"

namespace cloche {
namespace {

constexpr const char* kMountWords = "open_tree, mount_setattr, fsopen, move_mount";

Fd new_file_system(const char* type) {
  const Fd context(::fsopen(type, FSOPEN_CLOEXEC));
  must(context.get(), "fsopen");
  must(::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0), "fsconfig");
  Fd mount(::fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID));
  must(mount.get(), "fsmount");
  return mount;
}

/// The calling process in a mount namespace of its own, the root of which is a new tmpfs.
Fd on_a_new_root() {
  in_new_namespaces(CLONE_NEWUSER | CLONE_NEWNS, true);
  must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount");
  Fd root = new_file_system("tmpfs");
  must(::move_mount(root.get(), "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH), "move_mount");
  must(::fchdir(root.get()), "fchdir");
  return root;
}

std::string use_mount_calls() {
  const Fd root = on_a_new_root();
  const Fd tree(::open_tree(AT_FDCWD, "/usr", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
  must(tree.get(), "open_tree");
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  must(::mount_setattr(tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes),
       "mount_setattr");
  must(::mkdirat(root.get(), "usr", 0755), "mkdirat");
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const Fd place(static_cast<int>(::syscall(SYS_openat2, root.get(), "/usr", &how, sizeof how)));
  must(place.get(), "openat2");
  must(::move_mount(tree.get(), "", place.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH),
       "move_mount");
  return {};
}

std::string use_pty() {
  in_new_namespaces(CLONE_NEWUSER | CLONE_NEWNS, true);
  const Fd devpts = new_file_system("devpts");
  const Fd master(::openat(devpts.get(), "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
  must(master.get(), "opening ptmx");
  must(::unlockpt(master.get()), "unlockpt");
  return {};
}

void overlay_here(const char* options) {
  for (const char* folder : {"lower", "upper", "space", "merged"}) must(::mkdir(folder, 0755), "mkdir");
  must(::mount("overlay", "merged", "overlay", MS_NOSUID, options), "mounting an overlay");
}

constexpr const char* kLayers = "lowerdir=lower,upperdir=upper,workdir=space,userxattr";

std::string overlay_in_memory() {
  const Fd root = on_a_new_root();
  overlay_here(kLayers);
  return {};
}

/// Before Linux 6.6 a tmpfs takes no upper layer: the same once more in a folder on the disk, which is
/// removed.
Reply overlay_on_disk() {
  char folder[] = "/var/tmp/cloche-doctor-XXXXXX";
  if (!::mkdtemp(folder)) return {Reply::Kind::refused, "mkdtemp: " + errno_words(errno), {}, errno};
  Reply answer = attempt([&] {
    in_new_namespaces(CLONE_NEWUSER | CLONE_NEWNS, true);
    must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount");
    must(::chdir(folder), "chdir");
    overlay_here(kLayers);
    return std::string();
  });
  // space/work has mode 000: only rmdir, which asks its parent, can remove it.
  for (const char* name : {"/space/work", "/space", "/lower", "/upper", "/merged", ""})
    ::rmdir((std::string(folder) + name).c_str());
  return answer;
}

Finding overlay_finding() {
  Finding finding{.id = "overlay", .what = "overlay", .state = "writable layer in memory"};
  Reply answer = attempt(overlay_in_memory);
  if (answer.done()) return finding;
  answer = overlay_on_disk();
  finding.means = "cloche run does without; no copy-on-write view can be made";
  if (!answer.done()) {
    obstruct(finding, Finding::Kind::missing, "refused",
             {answer.text, "use Linux 5.11 or newer with overlay"});
    return finding;
  }
  obstruct(finding, Finding::Kind::limited, "writable layer on a disk only",
           {"an upper layer on tmpfs is refused", "use Linux 6.6 or newer"});
  finding.means = "cloche run does without; a copy-on-write view cannot be kept in memory";
  return finding;
}

Finding required(Finding finding, const Reply& answer, const std::string& means) {
  if (answer.done()) return finding;
  obstruct(finding, Finding::Kind::blocking, "refused",
           {answer.text, answer.error == ENOSYS
                             ? "use Linux 5.12 or newer, not hidden by an outer container's seccomp filter"
                             : ""});
  finding.means = means;
  return finding;
}

}  // namespace

Findings probe_mounts() {
  const Reply can = attempt([] {
    in_new_namespaces(CLONE_NEWUSER | CLONE_NEWNS);
    return std::string();
  });
  if (!can.done()) {
    const std::string needed = "user and mount namespaces";
    return {not_tried("mount-api", "mount API", needed), not_tried("pty", "terminals", needed),
            not_tried("overlay", "overlay", needed)};
  }
  return {required({.id = "mount-api", .what = "mount API", .state = kMountWords}, attempt(use_mount_calls),
                   "cloche run cannot build the view of a sandbox"),
          required({.id = "pty", .what = "terminals", .state = "devpts mounted, a pty opened"},
                   attempt(use_pty), "cloche run cannot build the /dev of a sandbox"),
          overlay_finding()};
}

}  // namespace cloche
