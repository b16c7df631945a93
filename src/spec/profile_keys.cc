#include "spec/profile_keys.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/units.h"
#include "spec/overlay.h"
#include "spec/values.h"

namespace cloche {
namespace {

using Shape = ProfileKey::Shape;
using Expands = ProfileKey::Expands;
using Action = SyscallRule::Action;

template <ViewChange::Kind kind, bool optional>
void add_bind(Spec& spec, const std::string& value) {
  spec.view.push_back(parse_bind(kind, value));
  spec.view.back().optional = optional;
}

template <Action action>
void add_syscall(Spec& spec, const std::string& name) {
  spec.policy.syscalls.push_back({{name}, action, {}, {}});
}

void add_variable(Spec& spec, const std::string& value) {
  spec.environment.push_back(parse_environment(value));
}

constexpr auto kKeys = std::to_array<ProfileKey>({
    {"", "description", "", "what the profile is for, in one line", ""},
    {"", "extends", "profile", "profiles that it begins with: names, or files beside it", "", Shape::texts,
     Expands::companion},

    {"view", "here", "here", "how the current folder is shared", "rw", Shape::text, Expands::nothing,
     "rw|ro|none", [](Spec& s, const std::string& v) { s.here = parse_here(v); }},
    {"view", "ro", "ro", "paths to show read-only: PATH or PATH:DEST", "", Shape::texts, Expands::bind, "",
     add_bind<ViewChange::Kind::ro, false>},
    {"view", "rw", "rw", "paths to share writable", "", Shape::texts, Expands::bind, "",
     add_bind<ViewChange::Kind::rw, false>},
    {"view", "ro-if-present", "ro-if-present", "the same as ro; no error where the path is missing", "",
     Shape::texts, Expands::bind, "", add_bind<ViewChange::Kind::ro, true>},
    {"view", "rw-if-present", "rw-if-present", "the same as rw; no error where the path is missing", "",
     Shape::texts, Expands::bind, "", add_bind<ViewChange::Kind::rw, true>},
    {"view", "tmpfs", "tmpfs", "empty writable folders in memory: DEST or DEST:SIZE", "", Shape::texts,
     Expands::bind, "", [](Spec& s, const std::string& v) { s.view.push_back(parse_tmpfs(v)); }},
    {"view", "hide", "hide", "paths to cover with something empty and unreadable", "", Shape::texts,
     Expands::place, "",
     [](Spec& s, const std::string& v) {
       s.view.push_back({ViewChange::Kind::hide, "", v, {}});
     }},
    {"view", "rootfs", "rootfs", "a root tree instead of the host's system", "", Shape::text, Expands::place,
     "", [](Spec& s, const std::string& v) { s.rootfs = v; }},
    {"view", "workdir", "workdir", "where the command starts", "", Shape::text, Expands::place, "",
     [](Spec& s, const std::string& v) { s.workdir = v; }},

    {"identity", "as", "as", "who the command is inside: self, root, UID or UID:GID", "self", Shape::amount,
     Expands::nothing, "", [](Spec& s, const std::string& v) { s.as = parse_as(v); }},
    {"identity", "map", "map", "map a range of ids or one", "", Shape::text, Expands::nothing, "range|single",
     [](Spec& s, const std::string& v) { s.map = parse_map_mode(v); }},
    {"identity", "hostname", "hostname", "the host name inside", "cloche", Shape::text, Expands::nothing, "",
     [](Spec& s, const std::string& v) { s.hostname = parse_hostname(v); }},

    {"environment", "set", "env", "variables and their values", "", Shape::named_texts, Expands::variables,
     "", add_variable},
    {"environment", "pass", "pass-env", "globs: variables to pass as they are", "", Shape::texts,
     Expands::nothing, "", [](Spec& s, const std::string& v) { s.pass_environment.push_back(v); }},

    {"network", "mode", "net", "no network but a loopback of its own, or the host's", "none", Shape::text,
     Expands::nothing, "none|host", [](Spec& s, const std::string& v) { s.net = parse_net(v); }},
    {"network", "tcp-bind", "", "with the host's network: the only ports to listen on", "", Shape::ports,
     Expands::nothing, "", [](Spec& s, const std::string& v) { s.policy.tcp_bind.push_back(parse_port(v)); }},
    {"network", "tcp-connect", "", "with the host's network: the only ports to connect to", "", Shape::ports,
     Expands::nothing, "",
     [](Spec& s, const std::string& v) { s.policy.tcp_connect.push_back(parse_port(v)); }},

    {"limits", "memory", "memory", "the most memory of all processes together", "", Shape::amount,
     Expands::nothing, "", [](Spec& s, const std::string& v) { s.limits.memory = parse_size(v); }},
    {"limits", "memory-high", "memory-high", "slow the command down above this much memory", "",
     Shape::amount, Expands::nothing, "",
     [](Spec& s, const std::string& v) { s.limits.memory_high = parse_size(v); }},
    {"limits", "swap", "swap", "the most swap; 0 once memory is given", "", Shape::amount, Expands::nothing,
     "", [](Spec& s, const std::string& v) { s.limits.swap = parse_size(v); }},
    {"limits", "cpus", "cpus", "the most cpu time at once, in cores", "", Shape::amount, Expands::nothing, "",
     [](Spec& s, const std::string& v) { s.limits.cpus = parse_thousandths(v); }},
    {"limits", "cpu-weight", "cpu-weight", "share of the cpu against others, 1 to 10000", "", Shape::amount,
     Expands::nothing, "", [](Spec& s, const std::string& v) { s.limits.cpu_weight = parse_weight(v); }},
    {"limits", "tasks", "tasks", "the most processes and threads", "4096", Shape::amount, Expands::nothing,
     "", [](Spec& s, const std::string& v) { s.limits.tasks = parse_tasks(v); }},
    {"limits", "io-weight", "io-weight", "share of the disk against others, 1 to 10000", "", Shape::amount,
     Expands::nothing, "", [](Spec& s, const std::string& v) { s.limits.io_weight = parse_weight(v); }},
    {"limits", "io-max", "io-max", "bounds of disks: DEV:KEY=N[,KEY=N]", "", Shape::texts, Expands::nothing,
     "", [](Spec& s, const std::string& v) { lay_over(s.limits, parse_io_max(v)); }},
    {"limits", "cpuset", "cpuset", "only these cores, such as 0-3,7", "", Shape::amount, Expands::nothing, "",
     [](Spec& s, const std::string& v) { s.limits.cpuset = parse_cpuset(v); }},
    {"limits", "timeout", "timeout", "end the command after so long", "", Shape::amount, Expands::nothing, "",
     [](Spec& s, const std::string& v) { s.limits.timeout = parse_duration(v); }},
    {"limits", "cpu-time", "cpu-time", "end the command after so much cpu time", "", Shape::amount,
     Expands::nothing, "", [](Spec& s, const std::string& v) { s.limits.cpu_time = parse_duration(v); }},
    {"limits", "rlimits", "rlimit", "limits of setrlimit(2): NAME = SOFT or \"SOFT:HARD\"", "",
     Shape::named_amounts, Expands::nothing, "",
     [](Spec& s, const std::string& v) { lay_over(s.limits, parse_rlimit(v)); }},

    {"syscalls", "base", "seccomp", "the list of system calls to begin with, or a file", "default",
     Shape::text, Expands::companion, "", [](Spec& s, const std::string& v) { s.policy.seccomp = v; }},
    {"syscalls", "allow", "", "names and @groups that work", "", Shape::texts, Expands::nothing, "",
     add_syscall<Action::allow>},
    {"syscalls", "deny", "", "names and @groups that fail with EPERM", "", Shape::texts, Expands::nothing, "",
     add_syscall<Action::error>},
    {"syscalls", "kill", "", "names and @groups that end the process", "", Shape::texts, Expands::nothing, "",
     add_syscall<Action::kill>},
    {"syscalls", "log", "", "names and @groups that work, and are noted by the kernel", "", Shape::texts,
     Expands::nothing, "", add_syscall<Action::log>},
    {"syscalls", "rules", "", "names, an action and conditions on the arguments", "", Shape::rules},

    {"capabilities", "keep", "cap", "capabilities to keep inside the namespace", "", Shape::texts,
     Expands::nothing, "",
     [](Spec& s, const std::string& v) { s.policy.capabilities.push_back(parse_capability(v)); }},

    {"landlock", "mode", "landlock", "Landlock rules made from the view", "auto", Shape::text,
     Expands::nothing, "auto|require|off",
     [](Spec& s, const std::string& v) { s.policy.landlock = parse_landlock_mode(v); }},

    {"policy", "allow", "allow", "protections to weaken, by name", "", Shape::texts, Expands::nothing, "",
     [](Spec& s, const std::string& v) { s.policy.allow.push_back(v); }},
    {"policy", "require", "require", "features that must not be degraded", "", Shape::texts, Expands::nothing,
     "", [](Spec& s, const std::string& v) { s.policy.require.push_back(v); }},
    {"policy", "apparmor", "apparmor", "an AppArmor profile to switch to at exec", "", Shape::text,
     Expands::nothing, "", [](Spec& s, const std::string& v) { s.policy.apparmor = v; }},
    {"policy", "selinux-label", "selinux-label", "an SELinux label to switch to at exec", "", Shape::text,
     Expands::nothing, "", [](Spec& s, const std::string& v) { s.policy.selinux_label = v; }},
});

}  // namespace

std::span<const ProfileKey> profile_keys() {
  return kKeys;
}

std::string path_of(const ProfileKey& key) {
  return *key.section ? std::string(key.section) + "." + key.name : key.name;
}

const ProfileKey* find_profile_key(std::string_view path) {
  const auto found =
      std::find_if(kKeys.begin(), kKeys.end(), [&](const ProfileKey& key) { return path_of(key) == path; });
  return found == kKeys.end() ? nullptr : &*found;
}

std::vector<std::string> profile_sections() {
  std::vector<std::string> sections;
  for (const ProfileKey& key : kKeys)
    if (*key.section && (sections.empty() || sections.back() != key.section))
      sections.emplace_back(key.section);
  return sections;
}

std::vector<std::string> names_in_section(std::string_view section) {
  std::vector<std::string> names;
  for (const ProfileKey& key : kKeys)
    if (section == key.section) names.emplace_back(key.name);
  if (!section.empty()) return names;
  for (std::string& inner : profile_sections()) names.push_back(std::move(inner));
  return names;
}

}  // namespace cloche
