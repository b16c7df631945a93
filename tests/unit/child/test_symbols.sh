#!/bin/sh
# What runs between clone and exec may call nothing that allocates, locks or throws: the objects of src/child
# ask for these names and no others.
set -eu
allowed='__errno_location __sched_cpucount __stack_chk_fail _exit chdir clone close dup2 execve fchdir fchmod fchown fchownat fcntl fcntl64
fsconfig fsmount fsopen fstat fstat64 geteuid getpid ioctl kill memcmp memcpy memset mkdirat mount mount_setattr move_mount
nanosleep open open64 open_tree openat openat64 poll prctl pread pread64 prlimit64 read recvmsg sched_getaffinity sched_setaffinity sched_yield sendmsg sethostname setns
setpgid setsid sigaction sigaddset sigemptyset sigfillset signal signalfd sigprocmask socket stat stat64 strlen strncmp strrchr strstr
symlinkat syscall tcsetpgrp umask umount2 unlinkat unshare waitpid write _GLOBAL_OFFSET_TABLE_'
status=0
asked=$(nm -u "$1" | awk 'NF == 2 && $1 == "U" { print $2 }' | sort -u)
[ -n "$asked" ] || { echo "no symbols found in $1"; exit 1; }
for symbol in $asked; do
  case $symbol in _ZN6cloche5child* | _ZNK6cloche5child*) continue ;; esac
  case " $(echo $allowed) " in
    *" $symbol "*) ;;
    *) echo "src/child asks for $symbol, which is not known to be safe after clone"; status=1 ;;
  esac
done
exit $status
