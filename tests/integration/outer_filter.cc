// outer_filter COMMAND…: runs it as a container engine does, under a seccomp filter that refuses what
// Docker's refuses to a container without CAP_SYS_ADMIN: new namespaces and mounts (EPERM), and clone3
// (ENOSYS, so that libc falls back to clone, whose flags a filter can see).
#include <sched.h>
#include <seccomp.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <initializer_list>

int main(int argc, char** argv) {
  const scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
  bool good = argc > 1 && filter;
  for (const int call :
       {SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(mount), SCMP_SYS(move_mount), SCMP_SYS(open_tree),
        SCMP_SYS(fsopen), SCMP_SYS(mount_setattr), SCMP_SYS(bpf), SCMP_SYS(keyctl)})
    good = good && ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0) == 0;
  good = good && ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
         ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                            SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER)) == 0 &&
         ::seccomp_load(filter) == 0;
  if (good) ::execvp(argv[1], argv + 1);
  std::perror("outer_filter");
  return 99;
}
