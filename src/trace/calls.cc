#include "trace/calls.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace cloche {
namespace {

constexpr NamedPath at(int path, Intent intent) {
  return {path, -1, intent};
}
constexpr NamedPath below(int folder, Intent intent) {
  return {folder + 1, folder, intent};
}
constexpr NamedPath kNone{};

constexpr auto kCalls = std::to_array<ObservedCall>({
    {"access", at(0, Intent::look), kNone},
    {"bind", {-1, -1, Intent::bind}, kNone},
    {"chdir", at(0, Intent::enter), kNone},
    {"chmod", at(0, Intent::change), kNone},
    {"chown", at(0, Intent::own), kNone},
    {"connect", {-1, -1, Intent::connect}, kNone},
    {"creat", at(0, Intent::make), kNone},
    {"execve", at(0, Intent::execute), kNone},
    {"execveat", below(0, Intent::execute), kNone},
    {"faccessat", below(0, Intent::look), kNone},
    {"faccessat2", below(0, Intent::look), kNone},
    {"fchmodat", below(0, Intent::change), kNone},
    {"fchmodat2", below(0, Intent::change), kNone},
    {"fchown", {-1, 0, Intent::own}, kNone},
    {"fchownat", below(0, Intent::own), kNone},
    {"futimesat", below(0, Intent::change), kNone},
    {"getxattr", at(0, Intent::look), kNone},
    {"inotify_add_watch", at(1, Intent::read), kNone},
    {"lchown", at(0, Intent::own), kNone},
    {"lgetxattr", at(0, Intent::look), kNone},
    {"link", at(0, Intent::look), at(1, Intent::make)},
    {"linkat", below(0, Intent::look), below(2, Intent::make)},
    {"listxattr", at(0, Intent::look), kNone},
    {"llistxattr", at(0, Intent::look), kNone},
    {"lremovexattr", at(0, Intent::change), kNone},
    {"lsetxattr", at(0, Intent::change), kNone},
    {"lstat", at(0, Intent::look), kNone},
    {"mkdir", at(0, Intent::make), kNone},
    {"mkdirat", below(0, Intent::make), kNone},
    {"mknod", at(0, Intent::make), kNone},
    {"mknodat", below(0, Intent::make), kNone},
    {"newfstatat", below(0, Intent::look), kNone},
    {"open", at(0, Intent::read), kNone, 1},
    {"openat", below(0, Intent::read), kNone, 2},
    {"openat2", below(0, Intent::read), kNone, 2},
    {"readlink", at(0, Intent::look), kNone},
    {"readlinkat", below(0, Intent::look), kNone},
    {"removexattr", at(0, Intent::change), kNone},
    {"rename", at(0, Intent::remove), at(1, Intent::make)},
    {"renameat", below(0, Intent::remove), below(2, Intent::make)},
    {"renameat2", below(0, Intent::remove), below(2, Intent::make)},
    {"rmdir", at(0, Intent::remove), kNone},
    {"sendto", {-1, -1, Intent::connect}, kNone},
    {"setfsgid", {-1, -1, Intent::become}, kNone},
    {"setfsuid", {-1, -1, Intent::become}, kNone},
    {"setgid", {-1, -1, Intent::become}, kNone},
    {"setgroups", {-1, -1, Intent::become}, kNone},
    {"setregid", {-1, -1, Intent::become}, kNone},
    {"setresgid", {-1, -1, Intent::become}, kNone},
    {"setresuid", {-1, -1, Intent::become}, kNone},
    {"setreuid", {-1, -1, Intent::become}, kNone},
    {"setuid", {-1, -1, Intent::become}, kNone},
    {"setxattr", at(0, Intent::change), kNone},
    {"stat", at(0, Intent::look), kNone},
    {"statfs", at(0, Intent::look), kNone},
    {"statx", below(0, Intent::look), kNone},
    {"symlink", at(1, Intent::make), kNone},
    {"symlinkat", below(1, Intent::make), kNone},
    {"truncate", at(0, Intent::write), kNone},
    {"unlink", at(0, Intent::remove), kNone},
    {"unlinkat", below(0, Intent::remove), kNone},
    {"utime", at(0, Intent::change), kNone},
    {"utimensat", below(0, Intent::change), kNone},
    {"utimes", at(0, Intent::change), kNone},
});

// No program does without most of these, and each stop would cost it ten times the call.
constexpr auto kAlways = std::to_array<std::string_view>({
    "arch_prctl",
    "brk",
    "clock_gettime",
    "clock_nanosleep",
    "close",
    "dup",
    "dup2",
    "dup3",
    "epoll_ctl",
    "epoll_pwait",
    "epoll_wait",
    "exit",
    "exit_group",
    "fcntl",
    "fstat",
    "futex",
    "getdents64",
    "getegid",
    "geteuid",
    "getgid",
    "getpid",
    "getppid",
    "getrandom",
    "gettid",
    "gettimeofday",
    "getuid",
    "lseek",
    "madvise",
    "mmap",
    "mprotect",
    "mremap",
    "munmap",
    "nanosleep",
    "pipe2",
    "poll",
    "ppoll",
    "pread64",
    "prlimit64",
    "pselect6",
    "pwrite64",
    "read",
    "readv",
    "restart_syscall",
    "rseq",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sched_yield",
    "select",
    "sendmsg",
    "set_robust_list",
    "set_tid_address",
    "time",
    "wait4",
    "write",
    "writev",
});

void trace(Action& action) {
  if (action.kind == Action::Kind::allow) action = {Action::Kind::trace, 0};
}

void trace(CallPolicy& call) {
  for (CallPolicy::Rule& rule : call.rules) trace(rule.action);
  trace(call.otherwise);
}

}  // namespace

const ObservedCall* observed_call(const std::string& name) {
  const auto found =
      std::lower_bound(kCalls.begin(), kCalls.end(), name,
                       [](const ObservedCall& call, const std::string& n) { return call.name < n; });
  return found != kCalls.end() && found->name == name ? &*found : nullptr;
}

bool always_used(const std::string& name) {
  return std::binary_search(kAlways.begin(), kAlways.end(), name);
}

FilterPolicy observed(FilterPolicy policy, Watch watch) {
  // Where everything is allowed, nothing need be named in the policy.
  if (policy.unknown.kind == Action::Kind::allow)
    for (const ObservedCall& call : kCalls) policy.calls.try_emplace(call.name);
  for (auto& [name, call] : policy.calls) {
    // send(2) is sendto without an address, and names nothing.
    if (name == "sendto" && call.rules.empty() && call.otherwise.kind == Action::Kind::allow &&
        watch == Watch::names)
      call.rules.push_back({{{4, Condition::Compare::not_equal, 0}}, {Action::Kind::trace, 0}});
    else if (watch == Watch::calls ? !always_used(name) : observed_call(name) != nullptr)
      trace(call);
  }
  return policy;
}

Intent intent_of_open(std::uint64_t flags) {
  if (flags & O_PATH) return Intent::look;
  if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE) return Intent::make;
  if ((flags & O_ACCMODE) != O_RDONLY || flags & O_TRUNC) return Intent::write;
  return Intent::read;
}

}  // namespace cloche
