// Nanoseconds that single system calls take, each as the best of several short batches so that a busy
// neighbour is not measured: `syscall_loop` prints "getpid 61.3" and so on.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int zero;

static void get_pid(void) { syscall(SYS_getpid); }
static void read_byte(void) {
  char byte;
  if (read(zero, &byte, 1) != 1) exit(1);
}
static void open_close(void) {
  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (fd < 0) exit(1);
  close(fd);
}
static void clone_wait(void) {
  const long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) syscall(SYS_exit_group, 0);
  if (pid < 0 || waitpid((pid_t)pid, NULL, 0) != pid) exit(1);
}

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

static void measure(const char* name, void (*call)(void), int batches, int calls) {
  double best = 1e18;
  for (int batch = 0; batch < batches; ++batch) {
    const double begun = now();
    for (int i = 0; i < calls; ++i) call();
    const double each = (now() - begun) / calls;
    if (each < best) best = each;
  }
  printf("%s %.1f\n", name, best);
}

int main(void) {
  zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
  if (zero < 0) return 1;
  measure("getpid", get_pid, 40, 20000);
  measure("read", read_byte, 40, 10000);
  measure("openat+close", open_close, 40, 2000);
  measure("clone+wait", clone_wait, 20, 40);
  return 0;
}
