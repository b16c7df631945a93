#include "policy/syscalls.h"

#include <array>

namespace cloche {
namespace {

constexpr auto kGroups = std::to_array<SyscallGroup>({
    {"@io", "reading, writing and waiting on descriptors", Verdict::allow,
     "close close_range copy_file_range dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_ctl_old "
     "epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 fadvise64 fallocate fcntl "
     "fdatasync "
     "flock fsync io_cancel io_destroy io_getevents io_pgetevents io_setup io_submit lseek pipe pipe2 poll "
     "ppoll "
     "pread64 preadv preadv2 pselect6 pwrite64 pwritev pwritev2 read readahead readv select sendfile splice "
     "sync sync_file_range syncfs tee vmsplice write writev"},
    {"@files", "opening, naming and describing files; the view and Landlock bound them", Verdict::allow,
     "access cachestat chdir chmod chown creat faccessat faccessat2 fchdir fchmod fchmodat fchmodat2 fchown "
     "fchownat "
     "fgetxattr flistxattr fremovexattr fsetxattr fstat fstatfs ftruncate futimesat getcwd getdents "
     "getdents64 "
     "getxattr inotify_add_watch inotify_init inotify_init1 inotify_rm_watch lchown lgetxattr link linkat "
     "listxattr llistxattr lremovexattr lsetxattr lstat mkdir mkdirat newfstatat open openat openat2 "
     "readlink "
     "readlinkat removexattr rename renameat renameat2 rmdir setxattr stat statfs statx symlink symlinkat "
     "truncate umask unlink unlinkat ustat utime utimensat utimes"},
    {"@process", "starting, ending and waiting for processes and threads", Verdict::allow,
     "arch_prctl capget capset execve execveat exit exit_group fork futex futex_requeue futex_wait "
     "futex_waitv futex_wake get_robust_list "
     "get_thread_area getpgid getpgrp getpid getppid getpriority getrlimit getrusage getsid gettid "
     "kill membarrier pidfd_open pidfd_send_signal prctl prlimit64 process_mrelease restart_syscall rseq "
     "set_robust_list set_thread_area set_tid_address setpgid setpriority setrlimit setsid tgkill tkill "
     "vfork wait4 waitid"},
    {"@signals", "signals of one's own processes", Verdict::allow,
     "pause rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend "
     "rt_sigtimedwait rt_tgsigqueueinfo sigaltstack signalfd signalfd4"},
    {"@memory", "one's own address space", Verdict::allow,
     "brk get_mempolicy madvise map_shadow_stack mbind memfd_create memfd_secret migrate_pages mincore mlock "
     "mlock2 mlockall "
     "mmap move_pages mprotect mremap msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect "
     "remap_file_pages set_mempolicy set_mempolicy_home_node"},
    {"@ipc", "System V and POSIX ipc of the sandbox's own namespace", Verdict::allow,
     "mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink msgctl msgget msgrcv msgsnd "
     "semctl semget semop semtimedop shmat shmctl shmdt shmget"},
    {"@network", "sockets, of the families that socket() allows", Verdict::allow,
     "accept accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmmsg recvmsg "
     "sendmmsg sendmsg sendto setsockopt shutdown"},
    {"@time", "reading clocks, sleeping, timers", Verdict::allow,
     "alarm clock_getres clock_gettime clock_nanosleep getitimer gettimeofday nanosleep setitimer time "
     "timer_create timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime "
     "timerfd_settime times"},
    {"@ids", "who the process is; the namespace bounds who it can become", Verdict::allow,
     "getegid geteuid getgid getgroups getresgid getresuid getuid setfsgid setfsuid setgid setgroups "
     "setregid "
     "setresgid setresuid setreuid setuid"},
    {"@scheduling", "priorities and cpu affinity", Verdict::allow,
     "getcpu ioprio_get ioprio_set sched_get_priority_max sched_get_priority_min sched_getaffinity "
     "sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr "
     "sched_setparam sched_setscheduler sched_yield"},
    {"@system-info", "what the machine is, and randomness", Verdict::allow, "getrandom sysinfo uname"},
    {"@sandboxing", "restricting oneself further", Verdict::allow,
     "landlock_add_rule landlock_create_ruleset landlock_restrict_self seccomp"},

    {"@by-argument", "allowed or refused by their arguments", Verdict::condition,
     "clone ioctl mknod mknodat personality socket socketpair"},

    {"@mount", "changing what is mounted, and leaving the root", Verdict::refuse,
     "chroot fsconfig fsmount fsopen fspick mount mount_setattr move_mount open_tree pivot_root umount "
     "umount2"},
    {"@namespaces", "making and entering namespaces: a user namespace opens most kernel bugs there were",
     Verdict::refuse, "setns unshare"},
    {"@keyring", "kernel keyrings, which no namespace separates", Verdict::refuse,
     "add_key keyctl request_key"},
    {"@debug", "looking into and steering other processes", Verdict::refuse,
     "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace"},
    {"@io-uring", "io without system calls, which no filter sees; absent, so that libraries fall back",
     Verdict::absent, "io_uring_enter io_uring_register io_uring_setup"},
    {"@tracing", "programs in the kernel, performance counters, fault handling", Verdict::refuse,
     "bpf fanotify_init fanotify_mark lookup_dcookie perf_event_open userfaultfd"},
    {"@clock", "setting the machine's clock", Verdict::refuse,
     "adjtimex clock_adjtime clock_settime settimeofday stime"},
    {"@module", "kernel modules and other kernels", Verdict::refuse,
     "create_module delete_module finit_module get_kernel_syms init_module kexec_file_load kexec_load "
     "query_module"},
    {"@administration", "what belongs to the administrator of the whole machine", Verdict::refuse,
     "acct ioperm iopl nfsservctl quotactl quotactl_fd reboot sethostname setdomainname swapoff swapon "
     "syslog "
     "vhangup"},
    {"@handles", "opening files by handle, around every path", Verdict::refuse,
     "name_to_handle_at open_by_handle_at"},
    {"@clone3", "its flags lie in memory that a filter cannot see; absent, so that libc uses clone",
     Verdict::absent, "clone3"},
    {"@obsolete", "gone, never finished, or of no use to programs of today", Verdict::absent,
     "_sysctl afs_syscall getpmsg modify_ldt putpmsg security sysfs tuxcall uselib vserver"},
});

}  // namespace

std::span<const SyscallGroup> syscall_groups() {
  return kGroups;
}

}  // namespace cloche
