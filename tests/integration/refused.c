/* A payload that asks the kernel for what a sandbox refuses, and says what it was told.
 *
 *   refused chroot PATH           one call
 *   refused named NAME PATH       the same by a process that calls itself NAME
 *   refused kinds COUNT           COUNT calls that all differ
 *   refused storm COUNT THREADS   COUNT equal calls by THREADS threads, and how many were answered EPERM
 *   refused for-ever              calls without end
 *   refused signalled COUNT       calls while a timer's signals come, and how many were answered EPERM
 *   refused vfork                 a call by a child that borrows its parent's memory
 *   refused after FILE            a mount that would change /tmp, once FILE is there
 *   refused x32                   a call by a number of another architecture
 *   refused peep PID              stops process PID, and how often it could be traced or looked into
 *   refused listened COMMAND…     runs COMMAND under a filter that somebody listens to
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static const char* answer(long result) {
  return result == 0 ? "done" : strerrorname_np(errno);
}

static int tell(long result) {
  puts(answer(result));
  fflush(stdout);
  return result == 0 ? 0 : 1;
}

static long calls_each;

static void* call_often(void* told) {
  for (long i = 0; i < calls_each; ++i)
    if (chroot("/storm") == -1 && errno == EPERM) ++*(long*)told;
  return NULL;
}

static int storm(long count, int threads) {
  enum { kMost = 1000 };
  static pthread_t ids[kMost];
  static long told[kMost];
  long sum = 0;
  if (threads > kMost) return 2;
  calls_each = count / threads;
  for (int i = 0; i < threads; ++i)
    if (pthread_create(&ids[i], NULL, call_often, &told[i]) != 0) return 2;
  for (int i = 0; i < threads; ++i) {
    pthread_join(ids[i], NULL);
    sum += told[i];
  }
  printf("%ld\n", sum);
  return 0;
}

static void nothing(int number) {
  (void)number;
}

static int signalled(long count) {
  struct sigaction action = {.sa_handler = nothing, .sa_flags = SA_RESTART};
  const struct itimerval often = {{0, 500}, {0, 500}};
  long told = 0;
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &often, NULL);
  for (long i = 0; i < count; ++i)
    if (chroot("/signalled") == -1 && errno == EPERM) ++told;
  printf("%ld\n", told);
  return 0;
}

static int borrowed(void) {
  int status = 0;
  const pid_t child = vfork();
  if (child == 0) _exit(chroot("/vfork") == 0 ? 0 : errno);
  waitpid(child, &status, 0);
  errno = WEXITSTATUS(status);
  return tell(errno == 0 ? 0 : -1);
}

static int mount_after(const char* file) {
  puts("ready");
  fflush(stdout);
  while (access(file, F_OK) != 0) usleep(1000);
  puts("calling");
  fflush(stdout);
  tell(mount("none", "/tmp", "tmpfs", 0, NULL));
  for (;;) pause();
  return 0;
}

static int peep(pid_t pid) {
  char memory[32], descriptors[32];
  int could = 0;
  kill(pid, SIGSTOP);
  snprintf(memory, sizeof memory, "/proc/%d/mem", pid);
  snprintf(descriptors, sizeof descriptors, "/proc/%d/fd", pid);
  for (int tries = 0; tries < 2000; ++tries) {
    could += open(memory, O_RDWR | O_CLOEXEC) >= 0;
    could += open(descriptors, O_RDONLY | O_CLOEXEC) >= 0;
    could += ptrace(PTRACE_SEIZE, pid, 0, 0) == 0;
  }
  kill(pid, SIGCONT);
  printf("%d\n", could);
  fflush(stdout);
  return tell(chroot("/peep"));
}

static int under_listener(char** command) {
  struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  const struct sock_fprog filter = {1, &allow};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter) < 0) return 2;
  int status = 0;
  if (fork() == 0) {
    execvp(command[0], command);
    _exit(2);
  }
  wait(&status); /* the listener is this process's, and is there as long as it is */
  return WEXITSTATUS(status);
}

int main(int count, char** words) {
  const char* what = count > 1 ? words[1] : "";
  if (!strcmp(what, "chroot") && count == 3) return tell(chroot(words[2]));
  if (!strcmp(what, "named") && count == 4) return prctl(PR_SET_NAME, words[2]), tell(chroot(words[3]));
  if (!strcmp(what, "kinds") && count == 3) {
    char path[32];
    for (long i = 0; i < atol(words[2]); ++i) {
      snprintf(path, sizeof path, "/%ld", i);
      if (chroot(path) == 0) return 2;
    }
    return 0;
  }
  if (!strcmp(what, "storm") && count == 4) return storm(atol(words[2]), atoi(words[3]));
  if (!strcmp(what, "for-ever")) {
    for (long i = 0;; ++i) {
      if (chroot("/for-ever") == 0) return 2;
      if (i == 0) puts("ready"), fflush(stdout);
    }
  }
  if (!strcmp(what, "signalled") && count == 3) return signalled(atol(words[2]));
  if (!strcmp(what, "vfork")) return borrowed();
  if (!strcmp(what, "after") && count == 3) return mount_after(words[2]);
  if (!strcmp(what, "peep") && count == 3) return peep(atoi(words[2]));
  if (!strcmp(what, "listened") && count > 2) return under_listener(words + 2);
#ifdef __x86_64__
  if (!strcmp(what, "x32")) {
    syscall(0x40000000L | SYS_getpid);
    return 0;
  }
#endif
  fprintf(stderr, "refused: see the head of its source\n");
  return 2;
}
