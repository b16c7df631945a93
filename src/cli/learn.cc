#include <unistd.h>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/descriptors.h"
#include "cli/learn_options.h"
#include "cli/profile_context.h"
#include "host/look_up.h"
#include "host/read_facts.h"
#include "learn/box.h"
#include "learn/generalise.h"
#include "learn/profile_text.h"
#include "plan/resolve.h"
#include "plan/syscall_policy.h"
#include "sandbox/registry.h"
#include "sandbox/run.h"
#include "trace/judge.h"
#include "trace/outside.h"

namespace cloche::cli {
namespace {

Plan plan_of(const Spec& spec, HostFacts& facts) {
  look_up(facts, paths_of_interest(spec, facts), spec.rootfs ? absolute(*spec.rootfs, facts) : "");
  read_texts(facts, files_to_read(spec, facts));
  return resolve(spec, facts);
}

void say(const std::string& text) {
  fmt::print(stderr, "cloche: {}\n", text);
}

/// Before anything runs: a run of an hour must not end at a file that is in the way.
std::optional<Learned> earlier(const std::string& file, const Parsed& parsed) {
  const auto text = read_if_there(file);
  if (parsed.has("merge")) {
    if (!text) throw Error("--merge: there is no " + in_quotes(file) + " to merge into", "leave --merge out");
    return read_learned(*text, file);
  }
  if (text && !text->empty() && !parsed.has("force"))
    throw Error(in_quotes(file) + " is there already",
                "say --merge to add this run to it, or --force to replace it");
  return std::nullopt;
}

/// As `extends` takes them wherever the profile is put: a file by its whole path.
std::vector<std::string> lasting_names(std::vector<std::string> profiles, const HostFacts& facts) {
  for (std::string& profile : profiles)
    if (is_file_name(profile)) profile = absolute(profile, facts);
  return profiles;
}

/// The profiles to learn over: of a further run, those of the first.
std::vector<std::string> profiles_below(const Spec& spec, const HostFacts& facts,
                                        const std::optional<Learned>& before, const std::string& file) {
  std::vector<std::string> asked = lasting_names(spec.profiles, facts);
  if (!before || before->extends == asked) return asked;
  if (asked.empty()) return before->extends;
  throw Error(fmt::format("--profile: {} was learned over {}", in_quotes(file),
                          before->extends.empty() ? "no profile" : join(before->extends, ", ")),
              "leave --profile out, or write another file");
}

void tell(const Learned& learned, const std::string& file) {
  say(fmt::format(
      "wrote {}: {} paths, {} kinds of system calls, from {} run{}; try it: cloche run --profile {} -- …",
      file, learned.ro.size(), learned.calls.size(), learned.runs, learned.runs == 1 ? "" : "s",
      file.find('/') == std::string::npos ? "./" + file : file));
  for (const auto& [option, seen] : learned.not_granted)
    say(fmt::format("not granted: {} ({}, {}): {}", printable(option), seen.process, seen.count, seen.why));
}

}  // namespace

int learn(const Words& words) {
  const Parsed parsed = parse(learn_options(), words);
  if (!parsed.has("output"))
    throw UsageError("learn needs a file for the profile", "say where: --output FILE");
  if (parsed.words.empty())
    throw UsageError("learn needs a command", "cloche learn --output FILE -- COMMAND…");
  const std::string file = *parsed.value("output");
  const std::optional<Learned> before = earlier(file, parsed);
  RunRequest request = read_learn_request(parsed);
  tidy_descriptors(request.spec.fds);
  HostFacts facts = read_host_facts(request.spec.map != MapMode::single);
  const std::vector<std::string> below = profiles_below(request.spec, facts, before, file);
  request.spec.profiles = below;
  if (!below.empty()) request.spec = with_profiles(request.spec, facts);
  if (request.spec.policy.seccomp == "none")
    throw UsageError("learn observes through the filter, and the profile leaves that out",
                     "learn without it, or over one that has a filter");
  request.spec.name = default_name(request.spec.command.front(), ::getpid());
  if (!request.spec.tty) request.spec.tty = is_terminal(STDIN_FILENO) && is_terminal(STDOUT_FILENO);
  const Plan plain = plan_of(request.spec, facts);
  const Plan box = plan_of(learning_spec(request.spec, facts, names_to_show(facts.home)), facts);
  RunHooks hooks;
  hooks.registry = registry_folder(facts.runtime_directory, facts.home);
  hooks.watch = Watch::calls;
  const Outcome outcome = run_sandbox(box, hooks);
  if (!outcome.error.empty()) {
    say(outcome.error + (outcome.remedy.empty() ? "" : "; " + outcome.remedy));
    return outcome.exit_status;
  }
  Learned learned =
      generalise({box, plain, *outcome.observed, outside_of(facts.home), facts.working_directory});
  learned.description = "What " + shell_line(request.spec.command) + " did";
  learned.memory_peak = outcome.figures.memory_peak;
  learned.tasks_peak = outcome.figures.tasks_peak;
  for (const Denial& denial : outcome.denials.value_or(std::vector<Denial>{})) {
    if (denial.syscall.empty()) continue;
    const Cause cause = judge_refused_call(box.policy, denial.syscall);
    Seen& seen = learned.not_granted[cause.option.empty() ? denial.syscall : cause.option];
    seen.count += denial.count;
    seen.process = denial.process;
    seen.why = denial.syscall + ": " + cause.why;
  }
  learned.extends = below;
  if (before) learned = merged(*before, learned);
  replace_file(file, profile_text(learned, policy_for(plain.policy)));
  tell(learned, file);
  if (outcome.observed->lost())
    say(fmt::format("{} acts were too many to keep: the profile may lack rules", outcome.observed->lost()));
  if (outcome.exit_status != 0)
    say(fmt::format("the command ended with status {}: what it would have done further was not learned",
                    outcome.exit_status));
  return outcome.exit_status;
}

}  // namespace cloche::cli
