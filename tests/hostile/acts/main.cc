#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>

#include "act.h"

namespace acts {

Result refused(int error) {
  const char* name = ::strerrorname_np(error);
  return {1, name != nullptr ? name : std::to_string(error)};
}

std::string text_of(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  std::string text;
  char buffer[4096];
  for (ssize_t count; (count = ::read(fd, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  const int error = errno;
  ::close(fd);
  errno = error;
  return text;
}

int in_child(bool (*attempt)(const Words&), const Words& words) {
  const pid_t child = ::fork();
  if (child < 0) return errno;
  if (child == 0) {
    errno = 0;
    ::_exit(attempt(words) ? 0 : errno != 0 ? errno : EPERM);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? -1 : WEXITSTATUS(status);
}

namespace {

const Act* find(const std::string& name) {
  for (const auto list : {file_acts(), mount_acts(), namespace_acts(), process_acts(), socket_acts(),
                          kernel_acts(), privilege_acts(), view_acts()}) {
    for (const Act& act : list) {
      if (name == act.name) return &act;
    }
  }
  return nullptr;
}

int say(const Result& result) {
  std::printf("%s\n", result.word.c_str());
  std::fflush(stdout);
  return result.status;
}

/// In a process of its own: some acts end in the death of who tries them, and that is a refusal too. Where a
/// filter lets no process be born, in this one.
int attempt(const Act& act, const Words& words) {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  const pid_t child = ::fork();
  if (child < 0 && errno != EPERM) return say(untried("fork failed"));
  if (child <= 0) {
    errno = 0;
    const int answer = say(act.attempt(words));
    if (child < 0) return answer;
    ::_exit(answer);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  return say(refused_because(std::string("SIG") + ::sigabbrev_np(WTERMSIG(status))));
}

bool put(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  const bool written = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (fd >= 0) ::close(fd);
  return written;
}

int attempt_in_namespaces(const Act& act, const Words& words) {
  const std::string uid = std::to_string(::getuid()), gid = std::to_string(::getgid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
                CLONE_NEWCGROUP) != 0 ||
      !put("/proc/self/setgroups", "deny") || !put("/proc/self/uid_map", "0 " + uid + " 1") ||
      !put("/proc/self/gid_map", "0 " + gid + " 1")) {
    return say(untried(std::string("this host gives no namespaces: ") + std::strerror(errno)));
  }
  // The act's process is the first one in the new pid namespace; its /proc has to be of that one.
  const pid_t first = ::fork();
  if (first == 0) {
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
      ::_exit(say(untried(std::string("no /proc in new namespaces: ") + std::strerror(errno))));
    }
    ::_exit(attempt(act, words));
  }
  int status = 0;
  ::waitpid(first, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

}  // namespace
}  // namespace acts

int main(int count, char** words) {
  int next = 1;
  const bool in_namespaces = count > next && std::strcmp(words[next], "--in-namespaces") == 0;
  if (in_namespaces) ++next;
  const acts::Act* act = count > next ? acts::find(words[next]) : nullptr;
  if (act == nullptr) {
    std::fprintf(stderr, "acts: no act is called '%s'\n", count > next ? words[next] : "");
    return 2;
  }
  const acts::Words rest(words + next + 1, words + count);
  return in_namespaces ? acts::attempt_in_namespaces(*act, rest) : acts::attempt(*act, rest);
}
