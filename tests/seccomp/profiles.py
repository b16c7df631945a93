"""Filters for compare.py: hand-made ones for a runtime, and the engines' profile as a runtime is given it."""
import errno

# crun wants no cgroup for these runs, and yet stops at a hybrid hierarchy: it is shown none.
WITHOUT_CGROUPS = ["unshare", "--user", "--map-current-user", "--keep-caps", "--mount", "sh", "-c",
                   "mount -t tmpfs none /sys/fs/cgroup && exec \"$@\"", "sh"]

# What the probe, libc's start and an exec need under any filter.
NEEDED = ["execve", "exit_group", "exit", "wait4", "write", "alarm", "setitimer", "rt_sigaction", "rt_sigprocmask",
          "brk", "arch_prctl", "set_tid_address", "set_robust_list", "rseq", "prlimit64", "readlinkat", "readlink",
          "getrandom", "mprotect", "mmap", "munmap", "newfstatat", "fstat", "futex", "close", "read", "openat",
          "prctl", "capset", "capget", "setresuid", "setresgid", "setgroups", "chdir", "getcwd", "fcntl",
          "epoll_pwait", "epoll_ctl", "nanosleep", "rt_sigreturn", "sched_yield", "getpid", "gettid", "tgkill",
          "fchdir", "fstatfs", "getdents64", "close_range", "sendmsg", "recvmsg", "poll", "ppoll", "unlinkat", "dup3",
          "sigaltstack", "uname", "getppid", "keyctl", "sched_getaffinity", "openat2", "statx", "faccessat2",
          "faccessat", "getuid", "geteuid", "setsid", "lseek", "pread64", "ioctl", "eventfd2", "epoll_create1",
          "pipe2", "access", "umask", "clone3", "madvise", "fchown", "fchownat"]


def rule(names, action="ALLOW", errno_ret=None, args=()):
    made = {"names": names, "action": f"SCMP_ACT_{action}"}
    if errno_ret is not None:
        made["errnoRet"] = errno_ret
    if args:
        made["args"] = [{"index": i, "value": value, "valueTwo": two, "op": f"SCMP_CMP_{op}"}
                        for i, op, value, two in args]
    return made


def allow_list(*rules, default_errno=None, architectures=("X86_64",)):
    made = {"defaultAction": "SCMP_ACT_ERRNO", "architectures": [f"SCMP_ARCH_{a}" for a in architectures],
            "syscalls": [rule(NEEDED), *rules]}
    if default_errno is not None:
        made["defaultErrnoRet"] = default_errno
    return made


def deny_list(*rules, flags=None):
    made = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": list(rules)}
    if flags:
        made["flags"] = flags
    return made


def oci_filters():
    """{title: filter}. getpriority has no other user here: comparisons are tried on its arguments."""
    tried = "getpriority"
    clone = rule(["clone"], args=[(0, "MASKED_EQ", 0x7E020000, 0)])
    return {
        "an allowlist": allow_list(rule(["clone"])),
        "an allowlist with an errno, and a call unknown to all": allow_list(
            rule(["clone"]), rule(["no_such_call_yet"]), default_errno=errno.ENOSYS),
        "a masked comparison of clone's flags": allow_list(clone, default_errno=95),
        "a masked comparison with bits outside the mask": allow_list(
            clone, rule([tried], args=[(0, "MASKED_EQ", 3, 6)]), default_errno=95),
        "one argument twice": allow_list(
            clone, rule([tried], args=[(0, "EQ", 1, 0), (0, "EQ", 3, 0), (1, "EQ", 5, 0)]), default_errno=95),
        "each comparison": deny_list(*(
            rule([name], "ERRNO", 95, [(0, op, 3, 0)])
            for name, op in (("getpriority", "EQ"), ("personality", "GT"), ("getsid", "LT"), ("getpgid", "LE"),
                             ("umask", "GE"), ("sysinfo", "NE")))),
        "values beyond 32 bits": deny_list(rule([tried], "ERRNO", 95, [(0, "GT", 1 << 32, 0)]),
                                           rule(["getsid"], "ERRNO", 95, [(0, "EQ", (1 << 64) - 1, 0)])),
        "two arguments, two actions": deny_list(
            rule([tried], "ERRNO", 95, [(0, "EQ", 1, 0)]), rule([tried], "ERRNO", 96, [(1, "EQ", 5, 0)]),
            rule([tried], "KILL_PROCESS", None, [(0, "EQ", 2, 0), (1, "EQ", 1, 0)])),
        "a rule for the whole call after one with conditions": deny_list(
            rule([tried], "ERRNO", 95, [(0, "EQ", 1, 0)]), rule([tried], "ERRNO", 96)),
        "the first of two rules for the whole call": deny_list(
            rule([tried], "ERRNO", 95), rule([tried], "ERRNO", 96), rule([tried], "ERRNO", 97, [(0, "EQ", 1, 0)])),
        "kills, traps and logs": deny_list(
            rule(["getpriority"], "KILL"), rule(["getsid"], "KILL_PROCESS"), rule(["getpgid"], "TRAP"),
            rule(["umask"], "LOG"), rule(["sysinfo"], "TRACE", 5), rule(["personality"], "KILL_THREAD")),
        "a rule of the default's action": allow_list(
            clone, rule([tried], "ERRNO", 95), rule([tried]), default_errno=95),
        "flags": deny_list(rule([tried], "ERRNO", 95), flags=["SECCOMP_FILTER_FLAG_LOG"]),
        "several architectures": allow_list(clone, architectures=("X86_64", "X86", "X32"), default_errno=95),
    }


def as_runtimes(profile, machine="amd64"):
    """What an engine hands to its runtime for a container without capabilities, on a new kernel."""
    rules = []
    for one in profile["syscalls"]:
        includes, excludes = one.get("includes") or {}, one.get("excludes") or {}
        if includes.get("caps") or (includes.get("arches") and machine not in includes["arches"]):
            continue
        if machine in (excludes.get("arches") or []):
            continue
        made = {"names": one["names"], "action": one["action"]}
        if one.get("args"):
            made["args"] = one["args"]
        if one["action"] == "SCMP_ACT_ERRNO" and one.get("errnoRet") is not None:
            made["errnoRet"] = one["errnoRet"]
        rules.append(made)
    return {"defaultAction": profile["defaultAction"], "defaultErrnoRet": profile["defaultErrnoRet"],
            "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], "syscalls": rules}
