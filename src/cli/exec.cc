#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/running.h"
#include "cli/running_options.h"
#include "host/read_facts.h"
#include "plan/from_json.h"
#include "sandbox/enter.h"
#include "spec/values.h"

namespace cloche::cli {
namespace {

constexpr auto kOptions = std::to_array<Option>({
    {"env", "NAME[=VALUE]", "set NAME, or pass it as it is, over the sandbox's environment", "What it gets"},
    {"workdir", "DIR", "start in DIR (default: where the sandbox's command started)", "What it gets",
     "directory"},
    {"tty", "", "give the command a terminal of its own (default: when exec is run from one)", "Running"},
    {"no-tty", "", "give it none", "Running"},
});

void set_variable(std::vector<std::string>& environment, const EnvironmentChange& change) {
  const char* own = ::getenv(change.name.c_str());
  if (!change.value && !own) return;
  std::erase_if(environment, [&](const auto& one) { return one.starts_with(change.name + "="); });
  environment.push_back(change.name + "=" + change.value.value_or(own ? own : ""));
}

std::string variable(const std::vector<std::string>& environment, const std::string& name) {
  for (const std::string& one : environment)
    if (one.starts_with(name + "=")) return one.substr(name.size() + 1);
  return {};
}

}  // namespace

std::span<const Option> exec_options() {
  return kOptions;
}

int exec(const Words& words) {
  // Options before the name, or between it and the command: exec NAME --tty -- CMD.
  Parsed parsed = parse(kOptions, words);
  if (parsed.words.empty()) throw UsageError("which sandbox?", "give its name; cloche ps lists them");
  const std::string name = parsed.words.front();
  const Parsed rest = parse(kOptions, Words(parsed.words.begin() + 1, parsed.words.end()));
  parsed.options.insert(parsed.options.end(), rest.options.begin(), rest.options.end());
  if (rest.words.empty())
    throw UsageError("which command?", fmt::format("such as: cloche exec {} -- sh", shell_word(name)));
  ::syscall(SYS_close_range, 3u, ~0u, 0);

  const HostFacts facts = read_host_facts();
  const RunningSandbox sandbox = running_sandbox(registry_folder(facts.runtime_directory, facts.home), name);
  EnterRequest request;
  request.plan = payload_plan_from_json(sandbox.plan);
  Plan& plan = request.plan;
  plan.command = rest.words;
  for (const auto& [option, value] : parsed.options) {
    if (option == "env") set_variable(plan.environment, parse_environment(value));
    if (option == "workdir") plan.view.workdir = value;
    if (option == "tty" || option == "no-tty") plan.tty = option == "tty";
  }
  if (!parsed.has("tty") && !parsed.has("no-tty"))
    plan.tty = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  if (!plan.view.workdir.starts_with('/'))
    throw UsageError("--workdir: " + in_quotes(plan.view.workdir) + " does not begin with /",
                     "name the folder as it is called inside");
  set_variable(plan.environment, {"PWD", plan.view.workdir});
  plan.search_path = split(variable(plan.environment, "PATH"), ':');
  const auto bus = facts.environment.find("DBUS_SESSION_BUS_ADDRESS");
  request.place = {facts.cgroup, facts.runtime_directory, bus == facts.environment.end() ? "" : bus->second,
                   facts.user};
  const Outcome outcome = enter_sandbox(sandbox, request);
  if (!outcome.error.empty())
    fmt::print(stderr, "cloche: {}{}\n", outcome.error, outcome.remedy.empty() ? "" : "; " + outcome.remedy);
  return outcome.exit_status;
}

}  // namespace cloche::cli
