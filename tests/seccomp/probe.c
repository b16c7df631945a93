// Makes the system calls of its arguments, each in a process of its own, and prints what came of it:
//
//   probe 39:0,0,0,0,0,0 165:ffffffffffffffff,0,0,0,0,0     (arguments in hexadecimal)
//   39:0,0,0,0,0,0 done
//   165:ffffffffffffffff,0,0,0,0,0 errno 1
//
// Static, and in need of as few calls of its own as can be: it runs under filters that allow little. A call
// that blocks is ended by an alarm set before it.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kDone = 200 };

static void try(const char* text) {
  unsigned long args[6] = {0};
  char* at;
  const long number = strtol(text, &at, 10);
  for (int i = 0; i < 6 && *at; ++i) args[i] = strtoul(at + 1, &at, 16);
  const long result = syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]);
  // A child that the call made comes here too, and goes the same way.
  syscall(SYS_exit_group, result == -1 ? (errno < kDone ? errno : kDone - 1) : kDone);
}

static void print(const char* text, const char* what, int number) {
  char line[256];
  const int length = number < 0 ? snprintf(line, sizeof line, "%s %s\n", text, what)
                                : snprintf(line, sizeof line, "%s %s %d\n", text, what, number);
  if (write(1, line, (size_t)length) != length) _exit(1);
}

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
      alarm(1);
      try(argv[i]);
    }
    int status = 0;
    if (pid < 0 || waitpid((pid_t)pid, &status, 0) != pid) return 1;
    if (WIFSIGNALED(status))
      print(argv[i], "killed", WTERMSIG(status));
    else if (WEXITSTATUS(status) == kDone)
      print(argv[i], "done", -1);
    else
      print(argv[i], "errno", WEXITSTATUS(status));
  }
  return 0;
}
