#include "host/attempt.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"

namespace cloche {
namespace {

/// "D", or "R" with the errno; then the text and the remedy, a NUL before each.
std::string packed(char kind, int error, const std::string& text, const std::string& remedy = {}) {
  return fmt::format("{}{}", kind, error) + '\0' + text + '\0' + remedy;
}

Reply unpacked(const std::string& said) {
  const auto parts = split(said, '\0');
  if (parts.size() < 3 || parts[0].empty()) return {};
  const bool done = parts[0][0] == 'D';
  const auto error = whole_number(std::string_view(parts[0]).substr(1));
  return {done ? Reply::Kind::done : Reply::Kind::refused, parts[1], parts[2],
          static_cast<int>(error.value_or(0))};
}

[[noreturn]] void act_and_tell(const std::function<std::string()>& act, int to, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  const pid_t above = ::getppid();  // 0: the parent lives in another pid namespace
  if (above != parent && above != 0) ::_exit(1);
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd <= 2; ++fd) ::dup2(nowhere, fd);  // libraries talk
  std::string said;
  try {
    said = packed('D', 0, act());
  } catch (const Error& error) {
    said = packed('R', error.code(), error.what(), error.remedy());
  } catch (const std::exception& error) {
    said = packed('R', 0, error.what());
  }
  const bool told = ::write(to, said.data(), said.size()) == static_cast<ssize_t>(said.size());
  ::_exit(told ? 0 : 1);
}

/// All that comes until the end of the pipe; false when it did not come in time.
bool hear(int from, std::string& said, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  char buffer[4096];
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    pollfd ready = {from, POLLIN, 0};
    if (left <= 0) return false;
    if (::poll(&ready, 1, static_cast<int>(left)) <= 0) continue;
    const ssize_t count = ::read(from, buffer, sizeof buffer);
    if (count > 0) said.append(buffer, static_cast<size_t>(count));
    if (count == 0) return true;
  }
}

}  // namespace

Reply attempt(const std::function<std::string()>& act, std::chrono::milliseconds patience) {
  Pipe pipe = make_pipe();
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return {Reply::Kind::refused, "fork: " + errno_words(errno), {}, errno};
  if (child == 0) {
    pipe.read.reset();
    act_and_tell(act, pipe.write.get(), parent);
  }
  ::setpgid(child, child);  // by both, so that it is done whoever comes first
  pipe.write.reset();
  std::string said;
  const bool in_time = hear(pipe.read.get(), said, patience);
  ::kill(-child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, __WALL) < 0 && errno == EINTR) {
  }
  if (!in_time)
    return {Reply::Kind::silent,
            fmt::format("no answer within {} s", std::chrono::duration<double>(patience).count()),
            {},
            ETIMEDOUT};
  Reply answer = unpacked(said);
  if (answer.kind == Reply::Kind::died)
    answer.text = WIFSIGNALED(status) ? fmt::format("killed by signal {}", WTERMSIG(status)) : "it died";
  return answer;
}

void must(long result, const char* call) {
  if (result < 0) throw_errno(errno, call, "");
}

pid_t clone_with(std::uint64_t flags, int* pidfd, int cgroup) {
  clone_args arguments{};
  arguments.flags = flags;
  arguments.exit_signal = SIGCHLD;
  if (pidfd) {
    arguments.flags |= CLONE_PIDFD;
    arguments.pidfd = reinterpret_cast<std::uintptr_t>(pidfd);
  }
  if (cgroup >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<std::uint64_t>(cgroup);
  }
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
  must(pid, "clone3");
  if (pid == 0) ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  return pid;
}

void in_new_namespaces(std::uint64_t flags, bool mapped) {
  const auto uid = ::getuid();
  const auto gid = ::getgid();
  if (const pid_t child = clone_with(flags)) {
    int status = 0;
    while (::waitpid(child, &status, __WALL) < 0 && errno == EINTR) {
    }
    ::_exit(0);  // the child has told
  }
  if (!mapped) return;
  const auto write = [](const char* file, const std::string& text) {
    const std::string path = std::string("/proc/self/") + file;
    if (const int error = write_control_at(AT_FDCWD, path, text)) throw_errno(error, "writing", path);
  };
  write("setgroups", "deny");
  write("uid_map", fmt::format("0 {} 1", uid));
  write("gid_map", fmt::format("0 {} 1", gid));
}

}  // namespace cloche
