#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cgroup/place.h"
#include "cgroup/scope.h"
#include "doctor/controllers.h"
#include "doctor/doctor.h"
#include "host/attempt.h"
#include "host/read_facts.h"

namespace cloche::doctor {
namespace {

constexpr const char* kNoLimits =
    "no limit can be set, and cloche run does without its default of 4096 tasks";

constexpr const char* kSystemd = "/run/systemd/system";  // there where systemd runs the machine, sd_booted(3)

PlaceFacts place_facts(const HostFacts& facts) {
  const auto bus = facts.environment.find("DBUS_SESSION_BUS_ADDRESS");
  return {facts.cgroup, facts.runtime_directory, bus == facts.environment.end() ? "" : bus->second,
          facts.user};
}

/// The options of the cgroup v2 mount, and whether a v1 tree has controllers beside it.
struct Tree {
  std::vector<std::string> options;
  bool v1 = false;
};
Tree read_tree(const std::string& mount) {
  Tree tree;
  for (const std::string& line : split(read_if_there("/proc/self/mountinfo").value_or(""), '\n')) {
    const size_t dash = line.find(" - ");
    const auto fields = split(line, ' ');
    if (dash == std::string::npos || fields.size() < 5) continue;
    const auto behind = split(line.substr(dash + 3), ' ');  // type, source, options of the file system
    if (behind.size() < 3) continue;
    if (behind[0] == "cgroup") tree.v1 = true;
    if (behind[0] == "cgroup2" && fields[4] == mount) tree.options = split(behind[2], ',');
  }
  return tree;
}

Finding tree_finding(const PlaceFacts& place) {
  Finding finding{.id = "cgroup-tree", .what = "cgroup tree"};
  const std::string mount = cgroup_mount();
  const Tree tree = read_tree(mount);
  std::vector<std::string> held;
  for (const char* controller : {"memory", "cpu", "pids", "io", "cpuset"})
    if (in_v1_hands(controller)) held.emplace_back(controller);
  if (mount.empty() || !held.empty()) {
    const Error why = why_no_place(place);
    Obstacle obstacle = {why.what(), why.remedy()};
    if (!mount.empty()) obstacle = {"cgroup v1 holds " + join(held, ", "), kUnifiedRemedy};
    obstruct(finding, mount.empty() ? Finding::Kind::missing : Finding::Kind::limited,
             mount.empty() ? (tree.v1 ? "v1" : "none") : "hybrid", obstacle);
    finding.means = "limits that v1 holds cannot be set by an ordinary user; asked for, they are an error";
    return finding;
  }
  std::vector<std::string> told;
  for (const char* option : {"nsdelegate", "memory_recursiveprot"})
    if (std::find(tree.options.begin(), tree.options.end(), option) != tree.options.end())
      told.emplace_back(option);
  finding.state = "v2" + (told.empty() ? "" : ", " + join(told, ", "));
  if (std::find(told.begin(), told.end(), "nsdelegate") != told.end()) return finding;
  obstruct(finding, Finding::Kind::limited, "v2, without nsdelegate",
           {"a cgroup namespace is no boundary on this mount",
            "have an administrator run: mount -o remount,nsdelegate " + mount});
  finding.means = "that a command cannot leave its cgroup is held by the read-only view alone";
  return finding;
}

/// Where the caller's own cgroup lies, which decides who can move it.
Finding place_finding(const HostFacts& facts, bool delegated) {
  Finding finding{.id = "cgroup-place", .what = "your place in it"};
  if (facts.cgroup.empty()) return not_tried(finding.id, finding.what, "a cgroup v2 tree");
  const std::string manager = fmt::format("user@{}.service/", facts.uid);
  finding.state = delegated                                             ? "a cgroup that is delegated to you"
                  : facts.cgroup.find(manager) != std::string::npos     ? "below your systemd"
                  : facts.cgroup.find("/session-") != std::string::npos ? "a login session, moved by systemd"
                                                                        : "outside of your systemd";
  finding.detail = facts.cgroup;
  return finding;
}

/// Asks for a scope for this process, and tries in it what a run does.
std::string use_scope(const BusAddress& address, const std::string& unit) {
  const OutlivesParent meanwhile;
  ScopeRequest request({address}, unit, "cloche doctor", ::getpid());
  while (!request.done()) {
    pollfd ready = {request.fd(), static_cast<short>(request.events()), 0};
    ::poll(&ready, 1, 1000);
    request.process();
  }
  const std::string here = own_cgroup();
  if (here.find(unit) == std::string::npos)
    throw Error("systemd said that the scope is there, and this process is not in it",
                "check: systemctl --user status");
  return "scope " + here + "\n" + try_in(CgroupDirectory(cgroup_mount() + here));
}

/// The same below a cgroup that is the caller's already.
std::string use_own(const PlaceFacts& place, const std::string& name) {
  const auto own = delegated_here(place);
  if (!own) throw Error("the cgroup is not delegated any more");
  std::vector<LimitFile> wanted;
  for (const std::string& controller : own->controllers()) wanted.push_back({"", controller, "", ""});
  return try_in(make_room(*own, name, wanted));
}

void wait_until_gone(const std::string& path) {
  for (int tries = 0; tries < 200 && ::access(path.c_str(), F_OK) == 0; ++tries) ::usleep(5000);
}

/// What one address of the user's systemd answered.
struct Asked {
  BusAddress address;
  Reply answer;
};

std::vector<Asked> ask(const std::vector<BusAddress>& addresses) {
  std::vector<Asked> all;
  for (const BusAddress& address : addresses) {
    const std::string unit = fmt::format("cloche-doctor-{}-{}.scope", ::getpid(), all.size());
    all.push_back({address, attempt([&] { return use_scope(address, unit); })});
    if (all.back().answer.kind == Reply::Kind::silent) break;  // a run would wait for this one as well
    if (!all.back().answer.done()) continue;
    const auto tried = tried_from(all.back().answer.text);
    wait_until_gone(cgroup_mount() + tried.at("scope"));  // its unit ends with its last process
    break;
  }
  return all;
}

Finding manager_finding(const HostFacts& facts, const PlaceFacts& place, const std::vector<Asked>& asked,
                        bool delegated) {
  Finding finding{.id = "user-manager", .what = "your systemd"};
  const std::string means = delegated ? "nothing: your cgroup is delegated already" : kNoLimits;
  const auto kind = delegated ? Finding::Kind::limited : Finding::Kind::missing;
  if (asked.empty()) {
    const Error why = why_no_place(place);
    obstruct(finding, kind, "not running", {why.what(), why.remedy()});
    if (::access(kSystemd, F_OK) != 0)
      obstruct(finding, kind, "not running",
               {"this machine is not run by systemd",
                "run cloche in a cgroup that is delegated to you, or on a machine with systemd"});
    else if (!cgroup_mount().empty())
      finding.remedy = "loginctl enable-linger " + facts.user;
    finding.means = means;
    return finding;
  }
  const auto answered =
      std::find_if(asked.begin(), asked.end(), [](const Asked& a) { return a.answer.done(); });
  const Asked& first = asked.front();
  if (answered == asked.begin()) {
    finding.state = first.address.is_bus ? "a scope made, over the bus" : "a scope made, without a bus";
    return finding;
  }
  // cloche run takes the first address that can be connected to, and waits for its answer.
  const bool silent = first.answer.kind == Reply::Kind::silent && !delegated;
  const bool variable = !place.bus_address.empty() && first.address.address == place.bus_address;
  obstruct(finding,
           silent                    ? Finding::Kind::limited
           : answered != asked.end() ? Finding::Kind::limited
                                     : kind,
           silent                    ? "silent"
           : answered != asked.end() ? "by the second address"
                                     : "does not answer",
           {fmt::format("{}: {}", printable(first.address.address), first.answer.text),
            variable ? "unset DBUS_SESSION_BUS_ADDRESS" : "log in anew, or check: systemctl --user status"});
  finding.means = silent ? "cloche run waits for it: 10 s, then goes without limits, or 30 s and fails where "
                           "one was asked for"
                  : answered != asked.end() ? "nothing, as long as the second one answers"
                                            : means;
  return finding;
}

Finding linger_finding(const HostFacts& facts) {
  Finding finding{.id = "linger", .what = "lingering", .state = "on"};
  if (::access(kSystemd, F_OK) != 0) return not_tried(finding.id, finding.what, "systemd");
  if (facts.uid == 0 || ::access(("/var/lib/systemd/linger/" + facts.user).c_str(), F_OK) == 0)
    return finding;
  obstruct(finding, Finding::Kind::limited, "off",
           {"your systemd ends with your last login",
            "have an administrator run: loginctl enable-linger " + facts.user});
  finding.means = "sandboxes that you leave running are killed when you log out";
  return finding;
}

}  // namespace

Findings examine_cgroups(const HostFacts& facts) {
  const PlaceFacts place = place_facts(facts);
  const bool delegated = delegated_here(place).has_value();
  Findings all = {tree_finding(place), place_finding(facts, delegated)};
  const bool any_tree = !cgroup_mount().empty();
  const std::vector<Asked> asked = any_tree ? ask(manager_addresses(place)) : std::vector<Asked>();
  all.push_back(manager_finding(facts, place, asked, delegated));
  all.push_back(linger_finding(facts));
  Tried tried;
  if (delegated) {
    const std::string name = fmt::format("cloche-doctor-{}", ::getpid());
    tried = tried_from(attempt([&] { return use_own(place, name); }).text);
    const auto own = delegated_here(place);
    if (own && ::access((own->path() + "/" + name).c_str(), F_OK) == 0) {
      CgroupDirectory(own->path() + "/" + name).remove_child(kLeaf);
      own->remove_child(name);
    }
  } else if (!asked.empty() && asked.back().answer.done()) {
    tried = tried_from(asked.back().answer.text);
  }
  for (Finding& finding : controller_findings(tried)) all.push_back(std::move(finding));
  return all;
}

}  // namespace cloche::doctor
