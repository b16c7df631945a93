#include "sandbox/id_maps.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace cloche {
namespace {

constexpr int kHelperTimeoutMs = 60'000;

std::string map_text(const std::vector<IdMapLine>& lines) {
  std::string text;
  for (const IdMapLine& line : lines)
    text += fmt::format("{} {} {}\n", line.inside, line.outside, line.count);
  return text;
}

void write_map(pid_t child, const char* file, const std::string& text) {
  const std::string path = fmt::format("/proc/{}/{}", child, file);
  if (const int error = write_control_at(AT_FDCWD, path, text))
    throw_errno(error, "cannot map ids: writing", path);
}

}  // namespace

IdMaps::IdMaps(pid_t child, const IdentityPlan& identity) {
  if (identity.range) {
    start(uid_, "newuidmap", identity.newuidmap, child, identity.uid_map);
    start(gid_, "newgidmap", identity.newgidmap, child, identity.gid_map);
    return;
  }
  // Without privilege the kernel wants setgroups refused first: leaving a group could be a way in.
  write_map(child, "setgroups", "deny");
  write_map(child, "uid_map", map_text(identity.uid_map));
  write_map(child, "gid_map", map_text(identity.gid_map));
}

IdMaps::~IdMaps() {
  for (Helper* helper : {&uid_, &gid_}) {
    if (!helper->process.pidfd) continue;
    send_signal(helper->process.pidfd, SIGKILL);
    ::waitpid(helper->process.pid, nullptr, 0);
  }
}

void IdMaps::start(Helper& helper, const char* option, const std::string& path, pid_t child,
                   const std::vector<IdMapLine>& lines) {
  std::vector<std::string> words = {option, std::to_string(child)};
  for (const IdMapLine& line : lines)
    for (const std::uint32_t number : {line.inside, line.outside, line.count})
      words.push_back(std::to_string(number));
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  char* no_environment[] = {nullptr};  // a setuid program is given nothing to be misled by

  Pipe pipe = make_pipe();
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDWR, 0);
  ::posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_RDWR, 0);
  ::posix_spawn_file_actions_adddup2(&files, pipe.write.get(), 2);
  const int error =
      ::posix_spawn(&helper.process.pid, path.c_str(), &files, nullptr, arguments.data(), no_environment);
  ::posix_spawn_file_actions_destroy(&files);
  helper.option = option;
  helper.path = path;
  if (error) throw_errno(error, "cannot run", path, "have an administrator run: apt-get install uidmap");
  helper.process.pidfd = pidfd_of(helper.process.pid);
  helper.said = std::move(pipe.read);
}

void IdMaps::wait_for(Helper& helper) {
  if (!helper.process.pidfd) return;
  pollfd ended = {helper.process.pidfd.get(), POLLIN, 0};
  int ready;
  do ready = ::poll(&ended, 1, kHelperTimeoutMs);
  while (ready < 0 && errno == EINTR);
  if (ready == 0)
    throw Error(fmt::format("{} did not end within {} s", helper.path, kHelperTimeoutMs / 1000),
                "it may wait for a name service; --map single does without it");
  int status = 0;
  ::waitpid(helper.process.pid, &status, 0);
  helper.process.pidfd.reset();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  char words[512];
  const ssize_t length = ::read(helper.said.get(), words, sizeof words);
  throw Error(
      fmt::format("{} failed: {}", helper.path,
                  length > 0 ? printable(trim({words, static_cast<size_t>(length)}))
                             : fmt::format("wait status {:#x}, without a word", status)),
      "check that it is setuid root (or has cap_setuid), and your lines in /etc/subuid and /etc/subgid, "
      "or use --map single");
}

void IdMaps::finish() {
  wait_for(uid_);
  wait_for(gid_);
}

}  // namespace cloche
