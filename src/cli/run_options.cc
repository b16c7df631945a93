#include "cli/run_options.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "spec/values.h"

namespace cloche::cli {
namespace {

constexpr const char* kView = "What it sees";
constexpr const char* kIdentity = "Who it is";
constexpr const char* kEnvironment = "Environment";
constexpr const char* kNetwork = "Network";
constexpr const char* kLimits = "What it may use";
constexpr const char* kPolicy = "What it may do";
constexpr const char* kRunning = "Running";

constexpr auto kOptions = std::to_array<Option>({
    {"here", "rw|ro|none", "how the current folder is shown (default: rw)", kView, "rw|ro|none"},
    {"ro", "PATH[:DEST]", "show PATH read-only, at DEST if given", kView, "file"},
    {"rw", "PATH[:DEST]", "share PATH writable, at DEST if given", kView, "file"},
    {"ro-if-present", "PATH[:DEST]", "the same as --ro; no error where PATH is missing", kView, "file"},
    {"rw-if-present", "PATH[:DEST]", "the same as --rw; no error where PATH is missing", kView, "file"},
    {"tmpfs", "DEST[:SIZE]", "an empty writable folder in memory at DEST", kView, "directory"},
    {"hide", "PATH", "cover PATH with something empty and unreadable", kView, "file"},
    {"rootfs", "DIR", "use the root tree in DIR instead of the host's system", kView, "directory"},
    {"workdir", "DIR", "start in DIR (default: the current folder, else the home)", kView, "directory"},
    {"as", "self|root|UID[:GID]", "who the command is inside (default: self)", kIdentity, "self|root"},
    {"map", "range|single", "map a range of ids or one (default: a range where there is one)", kIdentity,
     "range|single"},
    {"hostname", "NAME", "the host name inside (default: cloche)", kIdentity},
    {"env", "NAME[=VALUE]", "set NAME, or pass it as it is", kEnvironment},
    {"pass-env", "GLOB", "pass every variable whose name matches", kEnvironment},
    {"fd", "N", "let the command inherit descriptor N", kEnvironment},
    {"net", "none|host", "no network but a loopback of its own, or the host's (default: none)", kNetwork,
     "none|host"},
    {"memory", "SIZE", "the most memory; more is out-of-memory, exit 137", kLimits},
    {"memory-high", "SIZE", "slow the command down above this much memory", kLimits},
    {"swap", "SIZE", "the most swap (default: 0 once --memory is given)", kLimits},
    {"cpus", "N.N", "the most cpu time at once, in cores", kLimits},
    {"cpu-weight", "N", "share of the cpu against others, 1 to 10000", kLimits},
    {"tasks", "N", "the most processes and threads (default: 4096)", kLimits},
    {"io-weight", "N", "share of the disk against others, 1 to 10000", kLimits},
    {"io-max", "DEV:KEY=N[,KEY=N]", "bound a disk: rbps, wbps, riops, wiops", kLimits},
    {"cpuset", "LIST", "only these cores, such as 0-3,7", kLimits},
    {"timeout", "DURATION", "end the command after so long, exit 124", kLimits},
    {"cpu-time", "DURATION", "end the command after so much cpu time, exit 124", kLimits},
    {"rlimit", "NAME=SOFT[:HARD]", "a limit of setrlimit(2), such as nofile=1024", kLimits},
    {"profile", "NAME|FILE", "begin with a profile; options lie over it", kPolicy},
    {"seccomp", "default|FILE|none", "the filter of system calls (default: default)", kPolicy,
     "default|none"},
    {"cap", "NAME", "keep a capability, such as net_bind_service", kPolicy},
    {"landlock", "auto|require|off", "Landlock rules made from the view (default: auto)", kPolicy,
     "auto|require|off"},
    {"tcp-bind", "PORT", "listen at this TCP port only; may be given again", kPolicy},
    {"tcp-connect", "PORT", "connect to this TCP port only; may be given again", kPolicy},
    {"allow", "TOKEN", "weaken one protection by its name", kPolicy},
    {"require", "FEATURE", "refuse to run where FEATURE would be degraded", kPolicy},
    {"apparmor", "PROFILE", "switch to an AppArmor profile at exec", kPolicy},
    {"selinux-label", "LABEL", "switch to an SELinux label at exec", kPolicy},
    {"name", "NAME", "what ps, stats and kill call it", kRunning},
    {"tty", "", "give the command a terminal of its own (default: when run from one)", kRunning},
    {"no-tty", "", "give it none", kRunning},
    {"dry-run", "", "print the plan as JSON, run nothing", kRunning},
    {"explain", "", "observe the command, and say which of its failures the sandbox caused", kRunning},
    {"report", "FILE", "write the outcome to FILE: a page with charts for .html, else JSON", kRunning,
     "file"},
    {"summary", "", "print why it ended and what it used, on stderr", kRunning},
    {"quiet", "", "print nothing but errors", kRunning},
    {"verbose", "", "say what is done, on stderr", kRunning},
});

struct Setter {
  std::string_view name;
  void (*set)(RunRequest&, const std::string&);
};

void add_bind(RunRequest& request, ViewChange::Kind kind, const std::string& value, bool optional) {
  request.spec.view.push_back(parse_bind(kind, value));
  request.spec.view.back().optional = optional;
}

// A table without constructors: a map of them would be built at every start for the few that are used.
constexpr auto kSetters = std::to_array<Setter>({
    {"here", [](RunRequest& r, const std::string& v) { r.spec.here = parse_here(v); }},
    {"ro", [](RunRequest& r, const std::string& v) { add_bind(r, ViewChange::Kind::ro, v, false); }},
    {"rw", [](RunRequest& r, const std::string& v) { add_bind(r, ViewChange::Kind::rw, v, false); }},
    {"ro-if-present",
     [](RunRequest& r, const std::string& v) { add_bind(r, ViewChange::Kind::ro, v, true); }},
    {"rw-if-present",
     [](RunRequest& r, const std::string& v) { add_bind(r, ViewChange::Kind::rw, v, true); }},
    {"tmpfs", [](RunRequest& r, const std::string& v) { r.spec.view.push_back(parse_tmpfs(v)); }},
    {"hide",
     [](RunRequest& r, const std::string& v) {
       r.spec.view.push_back({ViewChange::Kind::hide, "", v, {}});
     }},
    {"rootfs", [](RunRequest& r, const std::string& v) { r.spec.rootfs = v; }},
    {"workdir", [](RunRequest& r, const std::string& v) { r.spec.workdir = v; }},
    {"as", [](RunRequest& r, const std::string& v) { r.spec.as = parse_as(v); }},
    {"map", [](RunRequest& r, const std::string& v) { r.spec.map = parse_map_mode(v); }},
    {"hostname", [](RunRequest& r, const std::string& v) { r.spec.hostname = parse_hostname(v); }},
    {"env", [](RunRequest& r, const std::string& v) { r.spec.environment.push_back(parse_environment(v)); }},
    {"pass-env", [](RunRequest& r, const std::string& v) { r.spec.pass_environment.push_back(v); }},
    {"fd", [](RunRequest& r, const std::string& v) { r.spec.fds.push_back(parse_fd(v)); }},
    {"net", [](RunRequest& r, const std::string& v) { r.spec.net = parse_net(v); }},
    {"memory", [](RunRequest& r, const std::string& v) { r.spec.limits.memory = parse_size(v); }},
    {"memory-high", [](RunRequest& r, const std::string& v) { r.spec.limits.memory_high = parse_size(v); }},
    {"swap", [](RunRequest& r, const std::string& v) { r.spec.limits.swap = parse_size(v); }},
    {"cpus", [](RunRequest& r, const std::string& v) { r.spec.limits.cpus = parse_thousandths(v); }},
    {"cpu-weight", [](RunRequest& r, const std::string& v) { r.spec.limits.cpu_weight = parse_weight(v); }},
    {"tasks", [](RunRequest& r, const std::string& v) { r.spec.limits.tasks = parse_tasks(v); }},
    {"io-weight", [](RunRequest& r, const std::string& v) { r.spec.limits.io_weight = parse_weight(v); }},
    {"io-max", [](RunRequest& r, const std::string& v) { r.spec.limits.io_max.push_back(parse_io_max(v)); }},
    {"cpuset", [](RunRequest& r, const std::string& v) { r.spec.limits.cpuset = parse_cpuset(v); }},
    {"timeout", [](RunRequest& r, const std::string& v) { r.spec.limits.timeout = parse_duration(v); }},
    {"cpu-time", [](RunRequest& r, const std::string& v) { r.spec.limits.cpu_time = parse_duration(v); }},
    {"rlimit", [](RunRequest& r, const std::string& v) { r.spec.limits.rlimits.push_back(parse_rlimit(v)); }},
    {"profile", [](RunRequest& r, const std::string& v) { r.spec.profiles.push_back(v); }},
    {"seccomp", [](RunRequest& r, const std::string& v) { r.spec.policy.seccomp = v; }},
    {"cap",
     [](RunRequest& r, const std::string& v) { r.spec.policy.capabilities.push_back(parse_capability(v)); }},
    {"landlock",
     [](RunRequest& r, const std::string& v) { r.spec.policy.landlock = parse_landlock_mode(v); }},
    {"tcp-bind",
     [](RunRequest& r, const std::string& v) { r.spec.policy.tcp_bind.push_back(parse_port(v)); }},
    {"tcp-connect",
     [](RunRequest& r, const std::string& v) { r.spec.policy.tcp_connect.push_back(parse_port(v)); }},
    {"allow", [](RunRequest& r, const std::string& v) { r.spec.policy.allow.push_back(v); }},
    {"require", [](RunRequest& r, const std::string& v) { r.spec.policy.require.push_back(v); }},
    {"apparmor", [](RunRequest& r, const std::string& v) { r.spec.policy.apparmor = v; }},
    {"selinux-label", [](RunRequest& r, const std::string& v) { r.spec.policy.selinux_label = v; }},
    {"name", [](RunRequest& r, const std::string& v) { r.spec.name = parse_name(v); }},
    {"tty", [](RunRequest& r, const std::string&) { r.spec.tty = true; }},
    {"no-tty", [](RunRequest& r, const std::string&) { r.spec.tty = false; }},
    {"dry-run", [](RunRequest& r, const std::string&) { r.telling.dry_run = true; }},
    {"explain", [](RunRequest& r, const std::string&) { r.telling.explain = true; }},
    {"report", [](RunRequest& r,
                  const std::string& v) { (v.ends_with(".html") ? r.telling.page : r.telling.report) = v; }},
    {"summary", [](RunRequest& r, const std::string&) { r.telling.summary = true; }},
    {"quiet", [](RunRequest& r, const std::string&) { r.telling.quiet = true; }},
    {"verbose", [](RunRequest& r, const std::string&) { r.telling.verbose = true; }},
});

const Setter& setter_of(const std::string& name) {
  return *std::find_if(kSetters.begin(), kSetters.end(), [&](const Setter& s) { return s.name == name; });
}

}  // namespace

std::span<const Option> run_options() {
  return kOptions;
}

RunRequest read_run_request(const Parsed& parsed) {
  RunRequest request;
  for (const auto& [name, value] : parsed.options) {
    if (name == "help") continue;
    try {
      setter_of(name).set(request, value);
    } catch (const UsageError& error) {
      throw UsageError(fmt::format("--{}: {}", name, error.what()), error.remedy());
    }
  }
  request.spec.command = parsed.words;
  return request;
}

}  // namespace cloche::cli
