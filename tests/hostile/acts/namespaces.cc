// New namespaces by every call that makes them, other people's namespaces, and what one does in a new one.
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "act.h"

namespace acts {
namespace {

struct Kind {
  const char* name;
  unsigned long flag;
};
constexpr Kind kKinds[] = {
    {"user", CLONE_NEWUSER}, {"mount", CLONE_NEWNS}, {"pid", CLONE_NEWPID},       {"net", CLONE_NEWNET},
    {"ipc", CLONE_NEWIPC},   {"uts", CLONE_NEWUTS},  {"cgroup", CLONE_NEWCGROUP}, {"time", CLONE_NEWTIME},
};

unsigned long flag_of(const std::string& name) {
  for (const Kind& kind : kKinds) {
    if (name == kind.name) return kind.flag;
  }
  return 0;
}

Result unshare_one(const Words& words) {
  return did(::unshare(static_cast<int>(flag_of(words.at(0)))));
}

Result reap(long child) {
  if (child < 0) return refused();
  if (child == 0) ::_exit(0);
  ::waitpid(static_cast<pid_t>(child), nullptr, 0);
  return succeeded();
}

Result clone_one(const Words& words) {
  return reap(::syscall(SYS_clone, flag_of(words.at(0)) | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

Result clone3_one(const Words& words) {
  clone_args arguments{};
  arguments.flags = flag_of(words.at(0));
  arguments.exit_signal = SIGCHLD;
  return reap(::syscall(SYS_clone3, &arguments, sizeof arguments));
}

/// Joins the namespace words[1] of the process words[0].
Result join(const Words& words) {
  const int fd = ::open(("/proc/" + words.at(0) + "/ns/" + words.at(1)).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return refused();
  return did(::setns(fd, 0));
}

Result join_by_pidfd(const Words& words) {
  const long pidfd = ::syscall(SYS_pidfd_open, std::atoi(words.at(0).c_str()), 0);
  if (pidfd < 0) return refused();
  return did(::setns(static_cast<int>(pidfd), static_cast<int>(flag_of(words.at(1)))));
}

/// The calling process has one user namespace more below it, and every capability in that.
bool nested() {
  const uid_t uid = ::geteuid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  const std::string map = "0 " + std::to_string(uid) + " 1";
  const int fd = ::open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
  return fd >= 0 && ::write(fd, map.data(), map.size()) > 0;
}

/// In a nested namespace: words[0] made writable there, where the kernel locks what the sandbox set.
Result nested_remount(const Words& words) {
  if (!nested()) return refused();
  return did(::mount(nullptr, words.at(0).c_str(), nullptr, MS_REMOUNT | MS_BIND, nullptr));
}

/// In a nested namespace: takes the mount at words[0] away, to see what it covers.
Result nested_unmount(const Words& words) {
  if (!nested()) return refused();
  return did(::umount2(words.at(0).c_str(), MNT_DETACH));
}

/// In a nested namespace: a fresh /proc shows what was covered in the old one.
Result nested_proc(const Words&) {
  if (!nested()) return refused();
  if (::unshare(CLONE_NEWPID) != 0) return refused();
  const int error =
      in_child([](const Words&) { return ::mount("proc", "/tmp", "proc", 0, nullptr) == 0; }, {});
  return error == 0 ? succeeded() : refused(error);
}

constexpr Act kActs[] = {
    {"unshare", unshare_one},
    {"clone", clone_one},
    {"clone3", clone3_one},
    {"join_namespace", join},
    {"join_by_pidfd", join_by_pidfd},
    {"nested_remount", nested_remount},
    {"nested_unmount", nested_unmount},
    {"nested_proc", nested_proc},
};

}  // namespace

std::span<const Act> namespace_acts() {
  return kActs;
}

}  // namespace acts
