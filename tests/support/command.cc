#include "support/command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <ostream>

#include "base/error.h"
#include "base/text.h"

namespace cloche::testing {
namespace {

/// Undone by the destructor, whatever is thrown in between.
struct FileActions {
  posix_spawn_file_actions_t value;
  FileActions() { posix_spawn_file_actions_init(&value); }
  ~FileActions() { posix_spawn_file_actions_destroy(&value); }
};

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  result.reserve(words.size() + 1);
  for (const std::string& word : words) result.push_back(const_cast<char*>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> result;
  if (command.environment) {
    result = *command.environment;
  } else {
    for (char** entry = environ; *entry != nullptr; ++entry) result.emplace_back(*entry);
  }
  for (const std::string& variable : command.variables) {
    const std::string name = variable.substr(0, variable.find('=') + 1);
    std::erase_if(result, [&](const std::string& entry) { return entry.starts_with(name); });
    result.push_back(variable);
  }
  return result;
}

/// Above all numbers that a command names, so that laying one descriptor out never covers another.
Fd lifted(int fd) {
  Fd result(::fcntl(fd, F_DUPFD_CLOEXEC, 200));
  if (!result) throw_errno(errno, "cannot duplicate a file descriptor", "");
  return result;
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, const Ended& ended) {
  stream << "exit status " << ended.status << (ended.timed_out ? " (killed: it took too long)" : "");
  if (!ended.out.empty()) stream << "\n--- stdout\n" << ended.out;
  if (!ended.err.empty()) stream << "\n--- stderr\n" << ended.err;
  return stream << "\n---\n";
}

Running::Running(const Command& command)
    : input_(command.input), deadline_(std::chrono::steady_clock::now() + command.timeout) {
  ::signal(SIGPIPE, SIG_IGN);  // a program that does not read its input is no reason to die
  Pipe in = make_pipe(), out = make_pipe(), err = make_pipe();

  FileActions actions;
  std::vector<Fd> lent;
  if (!command.directory.empty()) {
    posix_spawn_file_actions_addchdir_np(&actions.value, command.directory.c_str());
  }
  posix_spawn_file_actions_adddup2(&actions.value, in.read.get(), 0);
  posix_spawn_file_actions_adddup2(&actions.value, out.write.get(), 1);
  posix_spawn_file_actions_adddup2(&actions.value, err.write.get(), 2);
  for (const auto& [ours, its] : command.fds) {
    lent.push_back(lifted(ours));
    posix_spawn_file_actions_adddup2(&actions.value, lent.back().get(), its);
  }
  if (command.stdin_closed) posix_spawn_file_actions_addclose(&actions.value, 0);

  // What the test itself ignores (a shell's background job is started deaf to ^C) is nothing to inherit.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);

  const std::vector<std::string> variables = environment_of(command);
  const int failure = ::posix_spawnp(&process_.pid, command.words.at(0).c_str(), &actions.value, &attributes,
                                     pointers(command.words).data(), pointers(variables).data());
  posix_spawnattr_destroy(&attributes);
  if (failure != 0) throw_errno(failure, "cannot start", shell_line(command.words));
  process_.pidfd = pidfd_of(process_.pid);

  in_ = std::move(in.write);
  out_ = std::move(out.read);
  err_ = std::move(err.read);
  for (const Fd* fd : {&in_, &out_, &err_}) ::fcntl(fd->get(), F_SETFL, O_NONBLOCK);
}

Running::~Running() {
  if (reaped_) return;
  ::kill(process_.pid, SIGKILL);
  ::waitpid(process_.pid, nullptr, 0);
}

void Running::signal(int number) const {
  if (!send_signal(process_.pidfd, number)) throw_errno(errno, "cannot signal the program", "");
}

void Running::read_some(Fd& from, std::string& into) {
  char buffer[65536];
  while (from) {
    const ssize_t count = ::read(from.get(), buffer, sizeof buffer);
    if (count > 0) {
      into.append(buffer, static_cast<std::size_t>(count));
    } else if (count < 0 && errno == EINTR) {
      continue;
    } else {
      if (count == 0 || errno != EAGAIN) from.reset();
      return;
    }
  }
}

bool Running::pump(Until until, const std::string& text) {
  for (;;) {
    if (until == Until::text && ended_.out.find(text) != std::string::npos) return true;
    if (input_.empty()) in_.reset();
    pollfd polled[] = {{process_.pidfd.get(), POLLIN, 0},
                       {out_.get(), POLLIN, 0},
                       {err_.get(), POLLIN, 0},
                       {in_.get(), POLLOUT, 0}};
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    if (::poll(polled, 4, static_cast<int>(left.count())) < 0 && errno != EINTR) {
      throw_errno(errno, "cannot wait for the program", "");
    }
    if (polled[3].revents != 0) {
      const ssize_t count = ::write(in_.get(), input_.data(), input_.size());
      if (count > 0) input_.erase(0, static_cast<std::size_t>(count));
      if (count < 0 && errno != EAGAIN && errno != EINTR) in_.reset();
    }
    read_some(out_, ended_.out);
    read_some(err_, ended_.err);
    // What it wrote before its end is in the pipes by now. A pipe that some orphan still holds open is not
    // waited for: that would make a leak look like a program that hangs.
    if (polled[0].revents != 0) {
      read_some(out_, ended_.out);
      read_some(err_, ended_.err);
      return until == Until::end || ended_.out.find(text) != std::string::npos;
    }
  }
}

bool Running::wait_for(const std::string& text) {
  return pump(Until::text, text);
}

void Running::reap() {
  int status = 0;
  while (::waitpid(process_.pid, &status, 0) < 0 && errno == EINTR) {
  }
  ended_.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  reaped_ = true;
}

Ended Running::wait() {
  if (reaped_) return ended_;
  if (!pump(Until::end, {})) {
    ended_.timed_out = true;
    ::kill(process_.pid, SIGKILL);
  }
  reap();
  return ended_;
}

Ended run(const Command& command) {
  return Running(command).wait();
}

}  // namespace cloche::testing
