#include "lab/runner.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include <fmt/format.h>

#include "base/error.h"
#include "base/pidfd.h"
#include "lab/notebook.h"

namespace cloche::lab {
namespace {

constexpr std::chrono::seconds kPatience{90};

using Act = void (*)(const Situation&, Notebook&);

[[noreturn]] void be_the_child(Act act, const Situation& situation, int pipe, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  Notebook notebook(pipe);
  try {
    act(situation, notebook);
  } catch (const std::exception& error) {
    notebook.broke(error.what());
  }
  ::_exit(0);
}

/// Reads what the child notes until it is gone.
void listen(const Process& child, const Fd& pipe, Result& result,
            const std::function<void(const Series&)>& on_sample) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  std::string bytes;
  while (true) {
    pollfd ready[] = {{pipe.get(), POLLIN, 0}, {child.pidfd.get(), POLLIN, 0}};
    if (::poll(ready, 2, 1000) < 0 && errno != EINTR) break;
    if (ready[0].revents & (POLLIN | POLLHUP)) {
      char buffer[4096];
      const ssize_t count = ::read(pipe.get(), buffer, sizeof buffer);
      if (count > 0) bytes.append(buffer, static_cast<std::size_t>(count));
      const std::size_t had = result.series ? result.series->values.size() : 0;
      take_notes(bytes, [&](std::string_view note) { take_note(result, note); });
      if (on_sample && result.series && result.series->values.size() != had) on_sample(*result.series);
      if (count > 0) continue;  // all that was written comes before the end
    }
    if (ready[1].revents || (ready[0].revents & POLLHUP)) return;
    if (std::chrono::steady_clock::now() > end) {
      send_signal(child.pidfd, SIGKILL);
      result.missing = fmt::format("it did not end within {} s and was killed", kPatience.count());
      return;
    }
  }
}

}  // namespace

Result::State compare(const Lines& predicted, const Lines& answered) {
  return predicted == answered ? Result::State::as_predicted : Result::State::finding;
}

Result perform(const Experiment& experiment, const Situation& situation,
               const std::function<void(const Series&)>& on_sample) {
  Result result;
  const std::string lacking = experiment.needs ? experiment.needs(situation) : "";
  const Act act = lacking.empty() ? experiment.run : experiment.instead;
  if (lacking.empty()) result.predicted = experiment.predict(situation);
  if (act) {
    Pipe pipe = make_pipe();
    const pid_t parent = ::getpid();
    Process child{::fork(), {}};
    if (child.pid < 0) throw_errno(errno, "cannot start an experiment: fork", "");
    if (child.pid == 0) be_the_child(act, situation, pipe.write.get(), parent);
    child.pidfd = pidfd_of(child.pid);
    pipe.write.reset();
    listen(child, pipe.read, result, on_sample);
    int status = 0;
    ::waitpid(child.pid, &status, 0);
    if (WIFSIGNALED(status) && result.missing.empty())
      result.missing = fmt::format("it was ended by signal {}", WTERMSIG(status));
  }
  if (!lacking.empty()) {
    result.state = Result::State::not_here;
    result.missing = lacking;
  } else {
    result.state =
        result.missing.empty() ? compare(result.predicted, result.answered) : Result::State::finding;
  }
  return result;
}

}  // namespace cloche::lab
