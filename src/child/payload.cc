#include "child/payload.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "child/fail.h"
#include "child/messages.h"
#include "child/namespaces.h"
#include "child/processors.h"
#include "child/sender.h"
#include "child/view.h"

namespace cloche::child {
namespace {

// Debian 12's headers end before these; the kernel's uapi is the source of the layout.
struct RulesetAttribute {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
  std::uint64_t scoped;
};
struct __attribute__((packed)) PathBeneath {
  std::uint64_t allowed_access;
  std::int32_t parent_fd;
};
struct NetPort {
  std::uint64_t allowed_access;
  std::uint64_t port;
};
constexpr int kRulePathBeneath = 1, kRuleNetPort = 2;
constexpr unsigned kCapabilities = 64;  // that a mask has room for; the kernel knows fewer

void take_terminal(const Frozen& frozen, int terminal) {
  // A process group of its own in pid 1's session: ^Z can stop it, because its parent is in the session but
  // not in the group (an orphaned group is never stopped by the terminal).
  if (::setpgid(0, 0) != 0) fail(frozen, Step::session);
  if (terminal < 0) return;
  signal(SIGTTOU, SIG_IGN);
  if (::tcsetpgrp(terminal, ::getpid()) != 0) fail(frozen, Step::terminal);
  for (int fd = 0; fd <= 2; ++fd)
    if (frozen.terminal_fds[fd] && ::dup2(terminal, fd) < 0) fail(frozen, Step::terminal);
}

void reset_signals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &standard, nullptr);
}

void unblock_signals() {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void close_descriptors(const Frozen& frozen) {
  // Close-on-exec rather than closed: the filter's listener still has to be sent.
  ::syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);
  for (std::size_t i = 0; i < frozen.kept_fd_count; ++i) ::fcntl(frozen.kept_fds[i], F_SETFD, 0);
}

void become(const Frozen& frozen) {
  if (frozen.drop_groups && ::syscall(SYS_setgroups, 0, nullptr) != 0) fail(frozen, Step::groups);
  if (::syscall(SYS_setresgid, frozen.gid, frozen.gid, frozen.gid) != 0 ||
      ::syscall(SYS_setresuid, frozen.uid, frozen.uid, frozen.uid) != 0)
    fail(frozen, Step::ids);
}

/// What a descriptor may do already, its file may be opened for again. Pipes and sockets need no grant, and
/// the kernel takes none for them (EBADFD).
void grant_inherited(const Frozen& frozen, int ruleset, int fd) {
  const int mode = ::fcntl(fd, F_GETFL) & O_ACCMODE;
  std::uint64_t rights = 0;
  if (mode == O_RDONLY || mode == O_RDWR) rights |= frozen.landlock.read_file;
  if (mode == O_WRONLY || mode == O_RDWR) rights |= frozen.landlock.write_file;
  struct stat there;
  if (::fstat(fd, &there) != 0 || S_ISDIR(there.st_mode) || !rights) return;
  const PathBeneath rule = {rights, fd};
  ::syscall(SYS_landlock_add_rule, ruleset, kRulePathBeneath, &rule, 0);
}

/// Landlock's rules, most of them made while the host's root is being taken away.
class Rules {
 public:
  explicit Rules(const Frozen& frozen) : frozen_(frozen), landlock_(frozen.landlock) {}

  /// Up to the first tree whose path holds a link: with the host's root still there, that might lead to it.
  void begin() {
    if (!landlock_.on) return;
    const RulesetAttribute attribute = {landlock_.handled_fs, landlock_.handled_net, landlock_.scoped};
    ruleset_ =
        static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attribute, landlock_.attribute_size, 0));
    if (ruleset_ < 0) fail(frozen_, Step::landlock);
    grant_trees(false);
  }

  void finish_and_apply() {
    if (!landlock_.on) return;
    grant_trees(!landlock_.trust_no_links);
    for (std::size_t i = 0; i < landlock_.port_count; ++i) {
      const NetPort rule = {landlock_.ports[i].rights, landlock_.ports[i].port};
      if (::syscall(SYS_landlock_add_rule, ruleset_, kRuleNetPort, &rule, 0) != 0)
        fail(frozen_, Step::landlock, landlock_.tree_count + i);
    }
    for (int fd = 0; fd <= 2; ++fd) grant_inherited(frozen_, ruleset_, fd);
    for (std::size_t i = 0; i < frozen_.kept_fd_count; ++i)
      grant_inherited(frozen_, ruleset_, frozen_.kept_fds[i]);
    if (::syscall(SYS_landlock_restrict_self, ruleset_, 0) != 0) fail(frozen_, Step::landlock);
    ::close(ruleset_);
  }

 private:
  static int open_place(const char* path, bool through_links) {
    if (through_links) return ::open(path, O_PATH | O_CLOEXEC);
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_NO_SYMLINKS;
    return static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how));
  }

  void grant_trees(bool through_links) {
    for (; granted_ < landlock_.tree_count; ++granted_) {
      const LandlockTree& tree = landlock_.trees[granted_];
      if (!through_links && ::strstr(tree.path, "/..")) return;
      const int fd = open_place(tree.path, through_links);
      if (fd < 0 && errno == ELOOP && !through_links && !landlock_.trust_no_links) return;
      if (fd < 0 && (errno == ENOENT || errno == EACCES)) continue;  // what cannot be reached needs no grant
      struct stat there;
      if (fd < 0 || ::fstat(fd, &there) != 0) fail(frozen_, Step::landlock, granted_);
      const PathBeneath rule = {S_ISDIR(there.st_mode) ? tree.rights : tree.file_rights, fd};
      if (rule.allowed_access && ::syscall(SYS_landlock_add_rule, ruleset_, kRulePathBeneath, &rule, 0) != 0)
        fail(frozen_, Step::landlock, granted_);
      ::close(fd);
    }
  }

  const Frozen& frozen_;
  const Landlock& landlock_;
  int ruleset_ = -1;
  std::size_t granted_ = 0;  ///< trees, from the first
};

bool holds(int fd, const char* text, std::size_t length) {
  char there[4096];
  const ssize_t got = ::pread(fd, there, sizeof there, 0);
  return got >= static_cast<ssize_t>(length) && ::memcmp(there, text, length) == 0 &&
         (got == static_cast<ssize_t>(length) || there[length] == '\0' || there[length] == '\n');
}

void apply_label(const Frozen& frozen) {
  if (!frozen.exec_label) return;
  const int fd = ::open(frozen.exec_label_path, O_RDWR | O_CLOEXEC);
  const std::size_t length = ::strlen(frozen.exec_label);
  if (fd < 0 || ::write(fd, frozen.exec_label, length) != static_cast<ssize_t>(length))
    fail(frozen, Step::label);
  if (frozen.label_reads_back && !holds(fd, frozen.exec_label, length)) {
    errno = EINVAL;
    fail(frozen, Step::label);
  }
  ::close(fd);
}

long load_filter(const sock_fprog& filter, unsigned flags) {
  constexpr unsigned kSetModeFilter = 1;
  return ::syscall(SYS_seccomp, kSetModeFilter, flags, &filter);
}

/// False where somebody listens to this process already (cloche in a cloche): the kernel gives one listener
/// to a tree of filters.
bool apply_listened_filter(const Frozen& frozen) {
  constexpr unsigned kNewListener = 1u << 3, kWaitKillable = 1u << 5;
  if (!frozen.listened_filter.len) return false;
  Sender sender(frozen);
  if (frozen.refuses_sending && !sender.begin()) {
    if (!send_message(frozen.control, {Say::listener, errno, 0})) fail(frozen, Step::listener);
    return false;
  }
  const unsigned flags = frozen.filter_flags | kNewListener;
  long listener = load_filter(frozen.listened_filter, flags | kWaitKillable);
  if (listener < 0 && errno == EINVAL)  // before Linux 5.19: a signal may interrupt a call that is refused
    listener = load_filter(frozen.listened_filter, flags);
  if (listener < 0 && errno != EBUSY) fail(frozen, Step::seccomp);
  if (frozen.refuses_sending) {
    sender.give(listener < 0 ? -EBUSY : static_cast<int>(listener));
  } else if (!send_message(frozen.control, {Say::listener, listener < 0 ? EBUSY : 0, 0},
                           static_cast<int>(listener))) {
    fail(frozen, Step::listener);
  }
  return listener >= 0;  // it is close-on-exec: the filter may refuse close(2)
}

void apply_filter(const Frozen& frozen) {
  if (!frozen.filter.len || apply_listened_filter(frozen)) return;
  if (load_filter(frozen.filter, frozen.filter_flags) != 0) fail(frozen, Step::seccomp);
}

[[noreturn]] void execute(const Frozen& frozen) {
  int error = ENOENT;
  for (const char* const* path = frozen.candidates; *path; ++path) {
    ::execve(*path, const_cast<char* const*>(frozen.argv), const_cast<char* const*>(frozen.envp));
    if (errno == ENOEXEC) {  // a script without its first line, run as execvp(3) runs it
      frozen.shell_argv[1] = *path;
      ::execve("/bin/sh", const_cast<char* const*>(frozen.shell_argv), const_cast<char* const*>(frozen.envp));
    }
    // The search goes on past what is not there; what is there but may not be executed is remembered.
    if (errno != ENOENT && errno != ENOTDIR) error = errno;
    if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) break;
  }
  errno = error;
  fail(frozen, Step::exec);
}

}  // namespace

bool restrict_bounding_set(std::uint64_t keep) {
  for (unsigned capability = 0; capability < kCapabilities; ++capability)
    if (!(keep >> capability & 1) && ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
      return errno == EINVAL;  // behind the kernel's last one
  return true;
}

bool restrict_capabilities(const Frozen& frozen, std::uint64_t keep) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[2] = {};
  const std::uint64_t with_setpcap = keep | std::uint64_t{1} << CAP_SETPCAP;
  const auto set = [&](std::uint64_t mask) {
    for (int half = 0; half < 2; ++half) {
      const auto bits = static_cast<std::uint32_t>(mask >> (32 * half));
      sets[half].effective = sets[half].permitted = bits;
      sets[half].inheritable = static_cast<std::uint32_t>(keep >> (32 * half));
    }
    return ::syscall(SYS_capset, &header, sets) == 0;
  };
  if (!set(with_setpcap)) return false;
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return false;
  unsigned bits = SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                  SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
  if (!frozen.root_semantics) {
    bits |= SECBIT_NOROOT | SECBIT_NO_SETUID_FIXUP;
    for (unsigned capability = 0; capability < kCapabilities; ++capability)
      if ((keep >> capability & 1) && ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0)
        return false;
  }
  if (::prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) != 0) return false;
  return set(keep);
}

void payload_main(const Frozen& frozen, int terminal, bool in_cgroup) {
  // Only a process in the root folder is taken along by pivot_root(2).
  if (::chdir("/") != 0) fail(frozen, Step::pivot);
  take_terminal(frozen, terminal);
  raise_loopback(frozen);
  if (::unshare(CLONE_NEWCGROUP) != 0) fail(frozen, Step::cgroup_namespace);
  if (in_cgroup && frozen.cgroup_view) show_cgroup(frozen);
  close_descriptors(frozen);
  for (std::size_t i = 0; i < frozen.rlimit_count; ++i)
    if (::prlimit64(0, static_cast<__rlimit_resource>(frozen.rlimits[i].resource), &frozen.rlimits[i].limit,
                    nullptr) != 0)
      fail(frozen, Step::rlimit, i);
  if (!restrict_bounding_set(frozen.keep_capabilities)) fail(frozen, Step::capabilities);
  reset_signals();
  await(frozen, ViewStage::mapped);
  // Pid 1 has sent it away before it told of that; the filter may refuse to come back.
  if (frozen.payload_first) frozen.processors.come_back();
  become(frozen);
  ::umask(frozen.umask);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail(frozen, Step::no_new_privileges);
  if (frozen.filter_first) apply_filter(frozen);
  await(frozen, ViewStage::built);
  Rules rules(frozen);
  rules.begin();
  // From here on paths are followed that hold somebody else's links: a ".." at the root must lead nowhere.
  await(frozen, ViewStage::closed);
  if (::chdir(frozen.workdir) != 0) fail(frozen, Step::workdir);
  if (!restrict_capabilities(frozen, frozen.keep_capabilities)) fail(frozen, Step::capabilities);
  rules.finish_and_apply();
  apply_label(frozen);
  unblock_signals();
  if (!frozen.filter_first) apply_filter(frozen);
  execute(frozen);
}

}  // namespace cloche::child
