#include "cli/dispatch.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/doctor_options.h"
#include "cli/lab_options.h"
#include "cli/learn_options.h"
#include "cli/profile_options.h"
#include "cli/run_options.h"
#include "cli/running_options.h"

namespace cloche::cli {
namespace {

std::span<const Option> no_options() {
  return {};
}

constexpr auto kCommands = std::to_array<Command>({
    {"run", "cloche run [OPTIONS] [--] [COMMAND…]", "Run a command in a sandbox; without one, your shell.",
     run, run_options},
    {"ps", "cloche ps [--json]", "List the sandboxes that run.", ps, ps_options},
    {"stats", "cloche stats [NAME] [--json | --watch]", "Show what running sandboxes use.", stats,
     stats_options},
    {"inspect", "cloche inspect NAME", "Show a running sandbox and its plan.", inspect, inspect_options},
    {"exec", "cloche exec NAME [OPTIONS] -- COMMAND…", "Run a further command in a running sandbox.", exec,
     exec_options},
    {"kill", "cloche kill NAME [--signal NAME]", "End a running sandbox, or send its command a signal.", kill,
     kill_options},
    {"pause", "cloche pause NAME", "Stop every process of a sandbox where it is.", pause, pause_options},
    {"resume", "cloche resume NAME", "Let a paused sandbox go on.", resume, pause_options},
    {"update", "cloche update NAME --memory SIZE …", "Change the limits of a running sandbox.", update,
     update_options},
    {"lab", "cloche lab [OPTIONS] [list | EXPERIMENT…]",
     "Find out by experiment what a container needs root for.", lab, lab_options},
    {"profile", "cloche profile list|show NAME…|check FILE…|groups|schema",
     "List, show and check profiles, and the groups of system calls.", profile, profile_options},
    {"doctor", "cloche doctor [--json]", "Say what this machine allows, and what to do about the rest.",
     doctor, doctor_options},
    {"learn", "cloche learn -o FILE [OPTIONS] [--] COMMAND…",
     "Run a command, and write the profile that lets it do again what it did.", learn, learn_options},
    {"completions", "cloche completions bash|zsh|fish", "Print what a shell needs to complete cloche.",
     completions, no_options},
});

std::string overview() {
  std::string text =
      "Usage: cloche COMMAND [OPTIONS]\n\nRuns commands that you do not trust, as yourself and without "
      "root.\n\n";
  for (const Command& command : kCommands)
    text += fmt::format("  {:<12} {}\n", command.name, command.summary);
  return text + "\nSee cloche COMMAND --help, and the manual: man cloche.\n";
}

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

int dispatch(const Words& words) {
  const std::string name = words.empty() ? "--help" : words.front();
  if (name == "--help" || name == "help" || name == "--version") {
    fmt::print("{}", name == "--version" ? "cloche " CLOCHE_VERSION "\n" : overview());
    return words.empty() ? 125 : 0;
  }
  const auto command =
      std::find_if(kCommands.begin(), kCommands.end(), [&](const Command& c) { return name == c.name; });
  if (command == kCommands.end()) {
    std::vector<std::string> names;
    for (const Command& known : kCommands) names.emplace_back(known.name);
    const auto meant = nearest(name, names);
    throw UsageError("there is no command " + in_quotes(name),
                     meant ? "did you mean " + *meant + "?"
                           : "see cloche --help; to run a program: cloche run " + shell_word(name));
  }
  const Words rest(words.begin() + 1, words.end());
  // --help is looked for among the options only: after the first word it belongs to the command that is run.
  const bool may_ask = std::find(rest.begin(), rest.end(), "--help") != rest.end();
  if (may_ask && parse(command->options(), rest).has("help")) {
    fmt::print("{}", help_text(command->usage, command->summary, command->options()));
    return 0;
  }
  return command->run(rest);
}

}  // namespace cloche::cli
