#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/pidfd.h"
#include "base/text.h"
#include "doctor/doctor.h"
#include "host/attempt.h"
#include "host/subordinate.h"
#include "plan/resolve.h"
#include "sandbox/id_maps.h"

namespace cloche::doctor {
namespace {

constexpr std::uint64_t kUsual = 65536;  // what package managers and nobody (65534) want
constexpr const char* kSingle = "only one id is mapped inside: no other user, and your other groups are kept";

struct Kind {
  const char* id;
  const char* what;
  const char* file;
  const char* option;  ///< of usermod
};
constexpr Kind kUsers = {"subordinate-uids", "subordinate user ids", "/etc/subuid", "subuids"};
constexpr Kind kGroups = {"subordinate-gids", "subordinate group ids", "/etc/subgid", "subgids"};

std::vector<SubordinateLine> lines_of(const Kind& kind) {
  return subordinate_lines(read_if_there(kind.file).value_or(""));
}

/// Where the ranges are looked for.
std::string source_of(const Kind& kind) {
  const std::string source = subordinate_source();
  return source.empty() ? kind.file : "NSS: " + source;
}

/// The command that gives the user ids which nobody has, in place of the ranges `taken`. Those go by sed,
/// because usermod takes none from a user who has processes.
std::string usermod(const HostFacts& facts, const Kind& kind,
                    const std::vector<SubordinateRange>& taken = {}) {
  const std::uint32_t start = free_subordinate_start(lines_of(kUsers), lines_of(kGroups));
  std::string words;
  for (const SubordinateRange& range : taken)
    words += fmt::format("sed -i '/^{}:{}:{}$/d' {} && ", facts.user, range.start, range.count, kind.file);
  return words +
         fmt::format("usermod --add-{} {}-{} {}", kind.option, start, start + (kUsual - 1), facts.user);
}

Finding subordinate_finding(const HostFacts& facts, const Kind& kind,
                            const std::vector<SubordinateRange>& own) {
  Finding finding{.id = kind.id, .what = kind.what};
  const std::string source = source_of(kind);
  if (own.empty()) {
    obstruct(finding, Finding::Kind::missing, "none",
             {fmt::format("{} has none ({})", facts.user, source),
              "have an administrator run: " + usermod(facts, kind)});
    finding.means = kSingle;
    return finding;
  }
  std::uint64_t count = 0;
  for (const SubordinateRange& range : own) count += range.count;
  finding.state = fmt::format("{} from {} ({})", count, own.front().start, source);
  if (const auto other = overlap(own, lines_of(kind), facts.user, facts.uid)) {
    obstruct(finding, Finding::Kind::limited, finding.state,
             {fmt::format("{} has {} ids from {}, some of them the same", in_quotes(other->owner),
                          other->range.count, other->range.start),
              "have an administrator run: " + usermod(facts, kind, own)});
    finding.means = "what runs in your sandboxes owns files and processes of the other user's";
  } else if (count < kUsual) {
    obstruct(finding, Finding::Kind::limited, finding.state,
             {fmt::format("a root tree wants {}, nobody being number 65534", kUsual),
              "have an administrator run: " + usermod(facts, kind)});
    finding.means = "package managers in a --rootfs fail to give files to ids that are not mapped";
  }
  return finding;
}

Finding helper_finding(const char* name, const MapHelper& helper) {
  Finding finding{.id = name, .what = name, .state = helper.path};
  if (helper.obstacle.empty()) return finding;
  const bool installed = !helper.path.empty();
  obstruct(finding, Finding::Kind::missing, installed ? "without effect" : "not installed",
           {helper.obstacle, helper.remedy.empty() ? "" : helper.remedy});
  finding.means = kSingle;
  return finding;
}

/// Maps the plan's ranges for a child, by the code that a run uses.
std::string map_range(const IdentityPlan& identity) {
  int raw = -1;
  const pid_t child = clone_with(CLONE_NEWUSER, &raw);
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  const Fd pidfd(raw);
  IdMaps(child, identity).finish();
  const std::string map = read_file(fmt::format("/proc/{}/uid_map", child));
  send_signal(pidfd, SIGKILL);
  ::waitpid(child, nullptr, 0);
  return map;
}

Finding range_finding(const HostFacts& facts, bool can_have_namespaces) {
  const char* id = "id-range";
  const char* what = "a range mapped";
  if (!can_have_namespaces) return not_tried(id, what, "a user namespace");
  const Plan plan = resolve(Spec{.command = {"true"}}, facts);
  if (!plan.identity.range) return not_tried(id, what, "subordinate ids and both helpers");
  Finding finding{.id = id, .what = what};
  const Reply answer = attempt([&] { return map_range(plan.identity); });
  if (answer.done()) {
    std::uint64_t count = 0;
    for (const IdMapLine& line : plan.identity.uid_map) count += line.count;
    finding.state = fmt::format("{} user ids, for real", count);
    return finding;
  }
  obstruct(finding, Finding::Kind::blocking, "refused", {answer.text, answer.remedy});
  finding.means = "cloche run fails, unless it is told --map single";
  return finding;
}

Finding caller_finding(const HostFacts& facts) {
  Finding finding{.id = "caller", .what = "caller", .state = fmt::format("{} ({})", facts.user, facts.uid)};
  if (facts.uid != 0) return finding;
  obstruct(finding, Finding::Kind::limited, "root",
           {"root is mapped to itself: who breaks out is root", "run cloche as an ordinary user"});
  finding.means = "the sandbox holds, and holds less than it does for an ordinary user";
  return finding;
}

}  // namespace

Findings examine_identity(const HostFacts& facts) {
  const bool can = attempt([] {
                     in_new_namespaces(CLONE_NEWUSER);
                     return std::string();
                   }).done();
  return {caller_finding(facts),
          subordinate_finding(facts, kUsers, facts.subuids),
          subordinate_finding(facts, kGroups, facts.subgids),
          helper_finding("newuidmap", facts.newuidmap),
          helper_finding("newgidmap", facts.newgidmap),
          range_finding(facts, can)};
}

}  // namespace cloche::doctor
