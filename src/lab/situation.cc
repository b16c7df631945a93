#include "lab/situation.h"

#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"
#include "host/obstacles.h"
#include "host/read_facts.h"
#include "lab/bench.h"

namespace cloche::lab {
namespace {

void read_mounts(Situation& s) {
  const auto mounts = read_if_there("/proc/self/mountinfo");
  for (const std::string& line : split(mounts.value_or(""), '\n')) {
    const auto fields = split(line, ' ');
    const auto dash = std::find(fields.begin(), fields.end(), "-");
    if (fields.size() < 5 || fields.end() - dash < 4) continue;
    const std::string &where = fields[4], &type = *(dash + 1);
    const auto options = split(*(dash + 3), ',');
    if (type == "cgroup" && std::find(options.begin(), options.end(), "memory") != options.end())
      s.hybrid = true;
    if (type == "cgroup2" && where == s.tree)
      s.nsdelegate = std::find(options.begin(), options.end(), "nsdelegate") != options.end();
    if (where.starts_with("/proc/") && where != "/proc/sys/fs/binfmt_misc") s.masked_proc = true;
  }
}

/// /proc/cgroups is cgroup v1's list: newer kernels leave out of it what is built for v2 alone.
void read_known_controllers(Situation& s) {
  s.known = s.controllers;
  const auto cgroups = read_if_there("/proc/cgroups");
  for (const std::string& line : split(cgroups.value_or(""), '\n')) {
    const auto fields = split(line, '\t');  // name, hierarchy, cgroups, enabled
    if (fields.size() != 4 || line.starts_with('#') || fields[3] != "1") continue;
    const std::string name = fields[0] == "blkio" ? "io" : fields[0];
    if (std::find(s.known.begin(), s.known.end(), name) == s.known.end()) s.known.push_back(name);
  }
}

/// The cgroup of the process that listens at a Unix socket; empty where it cannot be told.
std::string cgroup_of_listener(const std::string& path) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (path.size() >= sizeof address.sun_path) return {};
  path.copy(address.sun_path, path.size());
  const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0)
    return {};
  return cgroup_of(peer.pid);
}

void read_manager(Situation& s) {
  for (const BusAddress& bus : manager_addresses(s.place)) {
    if (!bus.address.starts_with("unix:path=")) continue;
    // systemd itself listens at both sockets; it lives in init.scope below the cgroup that it was given.
    const std::string path = bus.address.substr(std::string("unix:path=").size());
    const std::string cgroup = cgroup_of_listener(path.substr(0, path.find(',')));
    if (!cgroup.ends_with("/init.scope")) continue;
    s.manager = cgroup.substr(0, cgroup.rfind('/'));
    s.delegated =
        split(std::string(trim(read_if_there(s.tree + s.manager + "/cgroup.controllers").value_or(""))), ' ');
    return;
  }
}

std::string why_no_user_namespace() {
  const int status = in_child([] { ::_exit(::unshare(CLONE_NEWUSER) == 0 ? 0 : errno); });
  return status == 0 ? "" : why_no_namespaces(status >> 8).sentence;
}

}  // namespace

bool Situation::has(const std::string& controller) const {
  return std::find(delegated.begin(), delegated.end(), controller) != delegated.end();
}

bool Situation::inside_manager() const {
  return !manager.empty() && own_cgroup.starts_with(manager + "/");
}

std::string needs_namespaces(const Situation& s) {
  return s.no_namespaces;
}

std::string needs_manager(const Situation& s) {
  if (!s.manager.empty()) return {};
  const Error why = why_no_place(s.place);
  return why.what() + (why.remedy().empty() ? "" : ": " + why.remedy());
}

std::string common_ancestor(const std::string& one, const std::string& other) {
  std::string common;
  const auto left = split(one, '/'), right = split(other, '/');
  for (std::size_t i = 0; i < left.size() && i < right.size() && left[i] == right[i]; ++i)
    if (!left[i].empty()) common += "/" + left[i];
  return common.empty() ? "/" : common;
}

Situation read_situation() {
  const HostFacts host = read_host_facts();
  Situation s;
  s.uid = host.uid;
  s.gid = host.gid;
  s.user = host.user;
  utsname names{};
  if (::uname(&names) == 0) s.kernel = names.release;
  s.tree = cgroup_mount();
  s.own_cgroup = host.cgroup;
  struct stat own {};
  s.own_cgroup_mine = !s.tree.empty() && !s.own_cgroup.empty() &&
                      ::stat((s.tree + s.own_cgroup).c_str(), &own) == 0 && own.st_uid == s.uid;
  read_mounts(s);
  s.cgroup_v1 = read_if_there("/proc/filesystems").value_or("").find("\tcgroup\n") != std::string::npos;
  s.controllers = split(std::string(trim(read_if_there(s.tree + "/cgroup.controllers").value_or(""))), ' ');
  std::erase(s.controllers, "");
  read_known_controllers(s);
  const auto bus = host.environment.find("DBUS_SESSION_BUS_ADDRESS");
  s.place = {s.own_cgroup, host.runtime_directory, bus == host.environment.end() ? "" : bus->second,
             host.user};
  if (!s.tree.empty()) read_manager(s);
  std::erase(s.delegated, "");
  if (!host.subuids.empty()) s.subuid = host.subuids.front().start;
  if (!host.subgids.empty()) s.subgid = host.subgids.front().start;
  if (host.newuidmap.obstacle.empty()) s.newuidmap = host.newuidmap.path;
  if (host.newgidmap.obstacle.empty()) s.newgidmap = host.newgidmap.path;
  s.no_namespaces = why_no_user_namespace();
  return s;
}

}  // namespace cloche::lab
