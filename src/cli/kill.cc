#include <signal.h>
#include <string.h>

#include <array>
#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "cli/running.h"
#include "cli/running_options.h"

namespace cloche::cli {
namespace {

constexpr auto kOptions =
    std::to_array<Option>({{"signal", "NAME", "what to send (default: KILL, to everything in it)",
                            "What to do", "KILL|TERM|INT|HUP|QUIT|USR1|USR2"}});

// What cloche hands on to the command it runs (sandbox/run.cc). Nobody else outside can: the kernel keeps
// signals without a handler from a namespace's pid 1, and only a parent may know its children's pidfds.
constexpr int kForwarded[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

int signal_number(const std::string& text) {
  const std::string name = text.starts_with("SIG") ? text.substr(3) : text;
  if (name == "KILL") return SIGKILL;
  for (const int number : kForwarded)
    if (name == ::sigabbrev_np(number) || text == std::to_string(number)) return number;
  throw UsageError("--signal: " + in_quotes(text) + " cannot be sent",
                   "it takes KILL, TERM, INT, HUP, QUIT, USR1, USR2");
}

}  // namespace

std::span<const Option> kill_options() {
  return kOptions;
}

int kill(const Words& words) {
  const Parsed parsed = parse_mixed(kOptions, words);
  const int number = signal_number(parsed.value("signal").value_or("KILL"));
  const RunningSandbox one = named(parsed);
  if (number == SIGKILL) {
    kill_everything(one);
    return 0;
  }
  const Process init = held_init(one);
  // Pid 1 of the sandbox lives and is its child: so the number is the supervisor's still.
  if (::kill(one.supervisor, number) != 0) throw_errno(errno, "cannot signal", one.name);
  return 0;
}

}  // namespace cloche::cli
