#include "cgroup/place.h"

#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace cloche {
namespace {

constexpr const char *kMount = "/sys/fs/cgroup", *kHybridMount = "/sys/fs/cgroup/unified";

constexpr const char* kInit = "init";
constexpr const char* kPayload = "payload";
constexpr const char* kCallers = "callers";

bool is_cgroup2(const std::string& path) {
  struct statfs there {};
  return ::statfs(path.c_str(), &there) == 0 && there.f_type == CGROUP2_SUPER_MAGIC;
}

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

bool has_all_on(const CgroupDirectory& cgroup, const std::vector<LimitFile>& limits) {
  const auto on = split(cgroup.read("cgroup.subtree_control"), ' ');
  const auto wanted = controllers_of(limits);
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const auto& c) { return std::find(on.begin(), on.end(), c) != on.end(); });
}

CgroupDirectory made_or_there(const CgroupDirectory& parent, const char* name) {
  try {
    return parent.make_child(name);
  } catch (const Error& error) {
    if (error.code() != EEXIST) throw;
    return CgroupDirectory(parent.path() + "/" + name);
  }
}

}  // namespace

bool v1_holds(const std::string& table, const std::string& controller) {
  const std::string name = controller == "io" ? "blkio" : controller;  // as v1 and this table call it
  for (const std::string& line : split(table, '\n')) {
    const auto fields = split(line, '\t');  // name, hierarchy (0: v2 or none), cgroups, enabled
    if (fields.size() == 4 && fields[0] == name) return fields[1] != "0";
  }
  return false;
}

bool in_v1_hands(const std::string& controller) {
  return v1_holds(read_if_there("/proc/cgroups").value_or(""), controller);
}

std::string delegation_command() {
  return "d=/etc/systemd/system/user@.service.d; mkdir -p $d && "
         "printf '[Service]\\nDelegate=cpu cpuset io memory pids\\n' >$d/delegate.conf && systemctl "
         "daemon-reload";
}

std::string delegation_remedy() {
  return "have an administrator write [Service] Delegate=cpu cpuset io memory pids to "
         "/etc/systemd/system/user@.service.d/delegate.conf, run systemctl daemon-reload, and log in anew";
}

bool cannot_be_delegated(const std::string& controller) {
  return cgroup_mount() == kHybridMount || in_v1_hands(controller);
}

Error no_controller(const std::string& who, const std::string& controller) {
  const bool v1 = cannot_be_delegated(controller);
  return Error(fmt::format("{} needs the cgroup controller {}, which {}", who, controller,
                           v1 ? "a host on cgroup v1 cannot delegate" : "is not delegated to you"),
               v1 ? std::string(kUnifiedRemedy) : delegation_remedy(), ENOENT);
}

void switch_on_controllers(const CgroupDirectory& cgroup, const std::vector<LimitFile>& limits) {
  for (const std::string& controller : controllers_of(limits)) {
    const int error = cgroup.enable(controller);
    if (!error) continue;
    const auto option =
        std::find_if(limits.begin(), limits.end(), [&](const auto& l) { return l.controller == controller; });
    if (error == ENOENT) throw no_controller(option->option, controller);
    throw_errno(error,
                fmt::format("{}: cannot switch on the cgroup controller {} in", option->option, controller),
                cgroup.path());
  }
}

void switch_on_figures(const CgroupDirectory& cgroup) {
  std::string names;
  const auto there = cgroup.controllers();
  const auto on = split(cgroup.read("cgroup.subtree_control"), ' ');
  for (const char* controller : {"memory", "pids", "io", "cpu"})
    if (std::find(there.begin(), there.end(), controller) != there.end() &&
        std::find(on.begin(), on.end(), controller) == on.end())
      names += fmt::format("{}+{}", names.empty() ? "" : " ", controller);
  // Figures are worth having, and no promise: what cannot be switched on is null in the report.
  if (!names.empty()) static_cast<void>(cgroup.write("cgroup.subtree_control", names));
}

const std::string& cgroup_mount() {
  static const std::string mount = is_cgroup2(kMount) ? kMount : is_cgroup2(kHybridMount) ? kHybridMount : "";
  return mount;
}

std::optional<CgroupDirectory> delegated_here(const PlaceFacts& facts) {
  const std::string& mount = cgroup_mount();
  if (mount.empty() || facts.own_cgroup.empty()) return std::nullopt;
  const std::string path = mount + (facts.own_cgroup == "/" ? "" : facts.own_cgroup);
  char mark[8] = "";
  const bool marked = ::getxattr(path.c_str(), "user.delegate", mark, sizeof mark - 1) > 0 && mark[0] == '1';
  const bool namespace_root = facts.own_cgroup == "/" && exists(path + "/cgroup.type");
  if ((!marked && !namespace_root) || !is_writable(path)) return std::nullopt;
  return CgroupDirectory(path);
}

bool is_writable(const std::string& path) {
  const auto can_write = [&](const char* file) { return ::access((path + file).c_str(), W_OK) == 0; };
  return can_write("") && can_write("/cgroup.procs") && can_write("/cgroup.subtree_control");
}

std::vector<BusAddress> manager_addresses(const PlaceFacts& facts) {
  std::vector<BusAddress> addresses;
  if (!facts.bus_address.empty()) addresses.push_back({facts.bus_address, true});
  if (facts.runtime_directory.empty()) return addresses;
  const std::string bus = facts.runtime_directory + "/bus",
                    private_socket = facts.runtime_directory + "/systemd/private";
  if (exists(bus) && facts.bus_address != "unix:path=" + bus) addresses.push_back({"unix:path=" + bus, true});
  if (exists(private_socket)) addresses.push_back({"unix:path=" + private_socket, false});
  return addresses;
}

Error why_no_place(const PlaceFacts& facts) {
  const std::string& mount = cgroup_mount();
  const bool bare = mount.empty() || trim(read_if_there(mount + "/cgroup.controllers").value_or("")).empty();
  if (bare && exists("/sys/fs/cgroup/memory"))
    return Error("this host runs cgroup v1, where nothing can be delegated to an ordinary user",
                 kUnifiedRemedy);
  if (mount.empty())
    return Error("no cgroup v2 tree is mounted here", "run on a host with systemd and cgroup v2");
  return Error(
      "no systemd of yours is running to ask for a cgroup",
      fmt::format("log in over ssh or at the console rather than with su or sudo, or have an administrator "
                  "run: loginctl enable-linger {}",
                  facts.user));
}

RunCgroups::RunCgroups(CgroupDirectory parent, pid_t pid, const std::vector<LimitFile>& limits)
    : parent_(std::move(parent)) {
  init_ = parent_.make_child(kInit);
  if (const int error = pid ? init_.adopt(pid) : 0)
    throw_errno(error, "cannot move the sandbox into the cgroup", init_.path());
  switch_on_controllers(parent_, limits);
  switch_on_figures(parent_);
  payload_ = parent_.make_child(kPayload);
  for (const LimitFile& limit : limits) apply(payload_, limit);
}

void remove_run_cgroups(const CgroupDirectory& parent) {
  parent.kill();
  for (const char* name : {kPayload, kInit})
    for (int tries = 0; tries < 200 && parent.remove_child(name) == EBUSY; ++tries) ::usleep(1000);
}

CgroupDirectory make_room(const CgroupDirectory& own, const std::string& name,
                          const std::vector<LimitFile>& limits) {
  if (!has_all_on(own, limits)) {
    const std::string processes = own.read("cgroup.procs");
    if (!processes.empty()) {
      const CgroupDirectory callers = made_or_there(own, kCallers);
      for (const std::string& line : split(processes, '\n'))
        if (const auto pid = whole_number(line)) static_cast<void>(callers.adopt(static_cast<pid_t>(*pid)));
    }
    switch_on_controllers(own, limits);
  }
  switch_on_figures(own);
  return own.make_child(name);
}

}  // namespace cloche
