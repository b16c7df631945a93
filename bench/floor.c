// The floor of any sandbox of this kind: clone3 into seven namespaces, a one-id map, a fresh /proc, exec.
// No view, no filter, no reaper: what the kernel alone takes.
//
//   floor COMMAND…
//   floor --map UIDS GIDS COMMAND…
//
// The latter's ids are mapped by newuidmap and newgidmap, both at once, three numbers for each line of a map:
// the floor of any sandbox with a range of ids.
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void put(const char* path, const char* text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, text, strlen(text)) < 0) {
    perror(path);
    exit(125);
  }
  close(fd);
}

static pid_t start_helper(const char* name, long pid, char* numbers) {
  char number[24];
  snprintf(number, sizeof number, "%ld", pid);
  char *words[64] = {(char*)name, number}, *nothing[] = {NULL};
  size_t count = 2;
  for (char* word = strtok(numbers, " "); word && count < 63; word = strtok(NULL, " ")) words[count++] = word;
  pid_t helper;
  errno = posix_spawnp(&helper, name, NULL, NULL, words, nothing);
  if (errno) {
    perror(name);
    exit(125);
  }
  return helper;
}

static void map_by_helpers(long pid, char* uids, char* gids) {
  const pid_t helpers[] = {start_helper("newuidmap", pid, uids), start_helper("newgidmap", pid, gids)};
  for (int i = 0; i < 2; ++i) {
    int status;
    if (waitpid(helpers[i], &status, 0) < 0 || status != 0) exit(125);
  }
}

static void await_maps(const int mapped[2]) {
  char byte;
  close(mapped[1]);
  if (read(mapped[0], &byte, 1) != 1) _exit(125);
}

static void map_own_id(unsigned uid, unsigned gid) {
  char map[64];
  put("/proc/self/setgroups", "deny");
  snprintf(map, sizeof map, "%u %u 1", uid, uid);
  put("/proc/self/uid_map", map);
  snprintf(map, sizeof map, "%u %u 1", gid, gid);
  put("/proc/self/gid_map", map);
}

int main(int argc, char** argv) {
  char *uids = NULL, *gids = NULL;
  if (argc > 4 && !strcmp(argv[1], "--map")) {
    uids = argv[2], gids = argv[3];
    argv += 3, argc -= 3;
  }
  if (argc < 2) return 125;
  const unsigned uid = getuid(), gid = getgid();
  int mapped[2] = {-1, -1};
  if (uids && pipe2(mapped, O_CLOEXEC) != 0) return 125;
  struct clone_args arguments = {0};
  arguments.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET |
                    CLONE_NEWCGROUP;
  arguments.exit_signal = SIGCHLD;
  const long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid < 0) {
    perror("clone3");
    return 125;
  }
  if (pid == 0) {
    if (uids)
      await_maps(mapped);
    else
      map_own_id(uid, gid);
    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0) {
      perror("mount /proc");
      _exit(125);
    }
    execvp(argv[1], argv + 1);
    _exit(127);
  }
  if (uids) {
    map_by_helpers(pid, uids, gids);
    if (write(mapped[1], "", 1) != 1) return 125;
  }
  int status;
  waitpid((pid_t)pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
