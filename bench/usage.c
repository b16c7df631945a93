// What all processes of a command use: `usage COMMAND…` writes cpu time in us and peak memory in KiB (of the
// largest process) to descriptor 3. Small itself: until its execve, a process counts with the size of the one
// that forked it. Processes that the command did not wait for are waited for here.
#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc < 2 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return 125;
  const pid_t command = fork();
  if (command < 0) return 125;
  if (command == 0) {
    close(3);
    execvp(argv[1], argv + 1);
    _exit(127);
  }
  int result = 125, status;
  pid_t ended;
  while ((ended = wait(&status)) > 0 || errno == EINTR)
    if (ended == command) result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  struct rusage used;
  if (getrusage(RUSAGE_CHILDREN, &used) != 0) return 125;
  const long long cpu = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000LL + used.ru_utime.tv_usec +
                        used.ru_stime.tv_usec;
  dprintf(3, "%lld %ld\n", cpu, used.ru_maxrss);
  return result;
}
