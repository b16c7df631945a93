#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/libraries.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/descriptors.h"
#include "cli/explained.h"
#include "cli/page.h"
#include "cli/profile_context.h"
#include "cli/report.h"
#include "cli/run_options.h"
#include "host/look_up.h"
#include "host/read_facts.h"
#include "host/subordinate.h"
#include "plan/json.h"
#include "plan/resolve.h"
#include "plan/syscall_policy.h"
#include "sandbox/newborn.h"
#include "sandbox/placement.h"
#include "sandbox/registry.h"
#include "sandbox/run.h"

namespace cloche::cli {
namespace {

constexpr double kUnnamedForgotten = 0.02;  // s: what is over by then need not be listed

void warn(const std::string& text) {
  fmt::print(stderr, "cloche: {}\n", text);
}

/// While the command has a terminal of its own, the person's is raw: a line ends by returning, too.
void warn_during(const Plan& plan, const std::string& text) {
  const char* end = plan.tty && is_terminal(STDERR_FILENO) ? "\r\n" : "\n";
  std::fputs(("cloche: " + text + end).c_str(), stderr);  // whoever does not read it ends no run
}

void tell(const Plan& plan, const Outcome& outcome, const Telling& telling) {
  if (!outcome.error.empty())
    warn(outcome.error + (outcome.remedy.empty() ? "" : "; " + outcome.remedy));
  else if (!telling.quiet && !telling.summary && outcome.reason != Reason::exited &&
           outcome.reason != Reason::signaled)
    warn(reason_words(plan, outcome));
  if (outcome.explained) fmt::print(stderr, "{}", explained_text(*outcome.explained));
  if (telling.summary) {
    const bool colour = is_terminal(STDERR_FILENO) && !::getenv("NO_COLOR");
    fmt::print(stderr, "{}", summary_text(plan, outcome, colour));
  } else if (telling.verbose && outcome.denials && !outcome.denials->empty()) {
    warn(denials_text(*outcome.denials));
  }
}

void write_reports(const Plan& plan, const Outcome& outcome, const Telling& telling) {
  if (telling.report) replace_file(*telling.report, report_json(plan, outcome));
  if (telling.page) replace_file(*telling.page, page_html(plan, outcome));
}

/// A step before the run, whose refusal goes into the report too: who reads that is not told by a missing
/// file.
template <typename Step>
auto or_report(const Spec& spec, const Telling& telling, Step step) {
  try {
    return step();
  } catch (const Error& error) {
    if (!telling.dry_run) {
      Plan refused;
      refused.name = spec.name.value_or("");
      refused.command = spec.command;
      Outcome outcome;
      outcome.error = error.what();
      outcome.remedy = error.remedy();
      write_reports(refused, outcome, telling);
    }
    throw;
  }
}

/// Begins with pid 1, and with its cgroup where that is at hand, as soon as the line and a few facts tell
/// enough: before the paths are looked up and there is a plan. What fails here fails again in the run itself,
/// which has the words for it.
class Beginning {
 public:
  Beginning(const RunRequest& request, const std::string& own_cgroup)
      : spec_(request.spec),
        possible_(!request.telling.dry_run && spec_.profiles.empty()),
        at_hand_(possible_ && is_place_at_hand(own_cgroup)),
        own_network_(spec_.net.value_or(NetMode::none) == NetMode::none) {
    if (possible_ && !at_hand_) attempt([&] { begun_.child = std::make_unique<Newborn>(own_network_, -1); });
  }

  void knows_identity(const HostFacts& facts) {
    attempt([&] {
      if (begun_.child) begun_.child->map_ids(identity_of(spec_, facts));
    });
  }

  void knows_place(const HostFacts& facts) {
    if (!at_hand_) return;
    attempt([&] {
      begun_.placement = std::make_unique<Placement>(cgroup_of(spec_, facts), name_of(spec_, facts),
                                                     command_of(spec_, facts));
      begun_.child = std::make_unique<Newborn>(own_network_, begun_.placement->init_cgroup());
      begun_.child->map_ids(identity_of(spec_, facts));
    });
  }

  Begun take() { return std::move(begun_); }

 private:
  template <typename Step>
  void attempt(Step step) {
    try {
      step();
    } catch (const Error&) {
      begun_.child.reset();
      begun_.placement.reset();
    }
  }

  const Spec& spec_;
  bool possible_, at_hand_, own_network_;
  Begun begun_;
};

/// Before anything is begun: the static program goes on as the other one where it will not do.
void look_for_libraries(const Spec& spec, const std::string& own_cgroup) {
  user_entry(::getuid());
  const char* bus = ::getenv("DBUS_SESSION_BUS_ADDRESS");
  const PlaceFacts place = {
      .own_cgroup = own_cgroup, .runtime_directory = runtime_directory(), .bus_address = bus ? bus : ""};
  if ((spec.map != MapMode::single && !subordinate_source().empty()) ||
      will_ask_systemd(place, spec.name.has_value()))
    libraries_at_hand();
}

}  // namespace

int run(const Words& words) {
  RunRequest request = read_run_request(parse(run_options(), words));
  const std::string own = own_cgroup();
  if (linked_statically() && !request.telling.dry_run) look_for_libraries(request.spec, own);
  tidy_descriptors(request.spec.fds);
  Spec& spec = request.spec;
  const Telling& telling = request.telling;
  Beginning beginning(request, own);
  HostFacts facts = read_identity_facts(spec.map != MapMode::single);
  beginning.knows_identity(facts);
  facts.cgroup = own;
  read_other_facts(facts);
  beginning.knows_place(facts);
  if (!spec.profiles.empty()) spec = or_report(spec, telling, [&] { return with_profiles(spec, facts); });
  look_up(facts, paths_of_interest(spec, facts), spec.rootfs ? absolute(*spec.rootfs, facts) : "");
  or_report(spec, telling, [&] { read_texts(facts, files_to_read(spec, facts)); });
  if (!spec.tty) spec.tty = is_terminal(STDIN_FILENO) && is_terminal(STDOUT_FILENO);
  const bool name_was_given = spec.name.has_value();
  if (telling.explain && spec.policy.seccomp == "none")
    throw UsageError("--explain observes through the filter, and --seccomp none leaves that out",
                     "leave out one of them");
  const Plan plan = or_report(spec, telling, [&] { return resolve(spec, facts); });
  if (telling.dry_run) {
    fmt::print("{}", to_json(plan));
    return 0;
  }
  if (!telling.quiet)
    for (const std::string& note : plan.notes) warn(note);
  if (telling.verbose)
    for (const Degradation& lost : plan.degraded)
      warn(fmt::format("without {}: {}{}{}", lost.wanted, lost.reason, lost.remedy.empty() ? "" : "; ",
                       lost.remedy));
  if (telling.verbose)
    for (const std::string& remark : syscall_remarks(plan.policy)) warn(remark);
  // A name that was asked for is taken before anything runs; one with our pid in it is nobody else's.
  const std::string registry = registry_folder(facts.runtime_directory, facts.home);
  std::unique_ptr<Registration> entry;
  if (name_was_given)
    entry = or_report(spec, telling, [&] { return std::make_unique<Registration>(registry, plan.name); });
  RunHooks hooks;
  hooks.registry = registry;
  hooks.sample = telling.page.has_value();
  // Whoever gave it a name means to call it by that at once.
  hooks.lives_after = name_was_given ? 0 : kUnnamedForgotten;
  hooks.lives = [&](pid_t init, const std::string& cgroup, const std::string& way_in) {
    try {
      if (!entry) entry = std::make_unique<Registration>(registry, plan.name);
      entry->record({plan.name, plan.command, ::getpid(), init, start_time(init), ::time(nullptr), cgroup,
                     to_json(plan), way_in});
    } catch (const Error& error) {
      if (telling.verbose) warn(std::string("not listed by cloche ps: ") + error.what());
    }
  };
  // The first call of each kind, so that a storm of them is a few lines; the counts are told at the end.
  if (telling.verbose)
    hooks.refused = [&](const Denial& denial) { warn_during(plan, "refused: " + denial_text(denial)); };
  if (telling.explain) hooks.watch = Watch::names;
  Outcome outcome = run_sandbox(plan, hooks, beginning.take());
  if (outcome.observed) outcome.explained = explained(plan, outcome, facts.home);
  tell(plan, outcome, telling);
  if (!telling.quiet)
    for (const Degradation& lost : outcome.degraded)
      if (lost.feature == "protected-paths") warn(lost.reason + "; " + lost.remedy);
  write_reports(plan, outcome, telling);
  return outcome.exit_status;
}

}  // namespace cloche::cli
