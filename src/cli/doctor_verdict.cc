#include "cli/doctor_verdict.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"

namespace cloche::cli {
namespace {

using Json = nlohmann::json;

/// Reads both pipes to their ends; false where that takes too long.
bool read_both(Pipe& out, Pipe& err, std::string& report, std::string& said,
               std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  const auto take = [](Fd& from, std::string& into) {
    char buffer[4096];
    const ssize_t count = ::read(from.get(), buffer, sizeof buffer);
    if (count > 0) into.append(buffer, static_cast<size_t>(count));
    if (count == 0) from.reset();
  };
  while (out.read || err.read) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    if (left <= 0) return false;
    pollfd ready[] = {{out.read.get(), POLLIN, 0}, {err.read.get(), POLLIN, 0}};
    if (::poll(ready, 2, static_cast<int>(left)) <= 0) continue;
    if (ready[0].revents) take(out.read, report);
    if (ready[1].revents) take(err.read, said);
  }
  return true;
}

pid_t start(const Pipe& out, const Pipe& err) {
  const char* words[] = {"cloche",          "run", "--no-tty", "--quiet", "--report",
                         "/proc/self/fd/1", "--",  "true",     nullptr};
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDWR, 0);
  ::posix_spawn_file_actions_adddup2(&files, out.write.get(), 1);
  ::posix_spawn_file_actions_adddup2(&files, err.write.get(), 2);
  pid_t pid = -1;
  const int error =
      ::posix_spawn(&pid, "/proc/self/exe", &files, nullptr, const_cast<char**>(words), environ);
  ::posix_spawn_file_actions_destroy(&files);
  if (error) throw_errno(error, "cannot start cloche again, by", "/proc/self/exe", "mount /proc");
  return pid;
}

}  // namespace

Verdict verdict_from(const std::string& report, const std::string& said) {
  Verdict verdict;
  const Json json = Json::parse(report, nullptr, false);
  if (!json.is_object()) {
    verdict.error = said.empty() ? "cloche run said nothing" : printable(trim(said));
    return verdict;
  }
  verdict.works = json.value("reason", "") == "exited" && json.value("exit_status", -1) == 0;
  for (const Json& one : json.value("degraded", Json::array()))
    verdict.lost.push_back({one.value("feature", ""), one.value("wanted", ""), one.value("reason", ""),
                            one.value("remedy", "")});
  if (verdict.works) return verdict;
  const Json error = json.value("error", Json::object());
  verdict.error = error.value("message", "");
  verdict.remedy = error.value("remedy", "");
  if (verdict.error.empty())
    verdict.error = fmt::format("true ended inside with status {} ({})", json.value("exit_status", -1),
                                json.value("reason", "?"));
  return verdict;
}

Verdict try_run(std::chrono::milliseconds patience) {
  Pipe out = make_pipe(), err = make_pipe();
  const pid_t pid = start(out, err);
  out.write.reset();
  err.write.reset();
  std::string report, said;
  const bool in_time = read_both(out, err, report, said, patience);
  if (!in_time) ::kill(pid, SIGKILL);  // its sandbox dies with it
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (in_time) return verdict_from(report, said);
  return {.error = fmt::format("cloche run did not end within {} s",
                               std::chrono::duration<double>(patience).count())};
}

}  // namespace cloche::cli
