// What the payload asks of the kernel between its ids and its exec (child/payload.cc), under the filter where
// that is loaded first, and what it ends by where a step fails.
#pragma once

namespace cloche {

inline constexpr const char* kConfiningCalls[] = {
    "capset",
    "chdir",
    "clock_nanosleep",
    "close",
    "execve",
    "exit_group",
    "fcntl",
    "fstat",
    "futex",
    "kill",
    "landlock_add_rule",
    "landlock_create_ruleset",
    "newfstatat",
    "openat",
    "openat2",
    "landlock_restrict_self",
    "prctl",
    "pread64",
    "read",
    "rt_sigprocmask",
    "sched_yield",
    "sendmsg",
    "write",
};

}  // namespace cloche
