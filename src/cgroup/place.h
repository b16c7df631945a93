// Where a run's cgroup can be had without root: in a subtree that was delegated to the caller already, or in
// a scope of the user's systemd; and if in neither, why not and what to do about it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cgroup/directory.h"
#include "cgroup/limits.h"
#include "cgroup/scope.h"

namespace cloche {

/// What of the host decides; read by host/, plain text so that tests can make it up.
struct PlaceFacts {
  std::string own_cgroup;  ///< "/user.slice/…" of /proc/self/cgroup; empty where there is no cgroup v2
  std::string runtime_directory;  ///< may be empty
  std::string bus_address;        ///< $DBUS_SESSION_BUS_ADDRESS, may be empty
  std::string user;
};

/// Where the cgroup v2 tree is mounted, looked for once; empty where it is not.
const std::string& cgroup_mount();

/// The caller's own cgroup, where it was delegated (systemd marks such with the xattr user.delegate; the root
/// of a cgroup namespace is one too) and can be written.
std::optional<CgroupDirectory> delegated_here(const PlaceFacts& facts);

/// Whether the caller can move processes into the cgroup at `path` and make others below it.
bool is_writable(const std::string& path);

/// The user's manager: its bus, then its private socket. Empty where nothing is there to be tried.
std::vector<BusAddress> manager_addresses(const PlaceFacts& facts);

/// Why no cgroup can be had here, with the remedy: no cgroup v2, the v1 or hybrid tree, no user session.
Error why_no_place(const PlaceFacts& facts);

/// What an administrator does so that every controller is delegated to users: Debian's systemd delegates cpu,
/// memory and pids only.
std::string delegation_remedy();
/// The same as a line for root's shell.
std::string delegation_command();

/// A hybrid host: the v2 tree is there, but a v1 tree has its controller.
bool in_v1_hands(const std::string& controller);
/// The same, by the text of /proc/cgroups.
bool v1_holds(const std::string& table, const std::string& controller);
/// No delegation brings it: v1 holds it, or systemd is on v1 and delegates no controller of the v2 tree.
bool cannot_be_delegated(const std::string& controller);
/// What an administrator does about that.
inline constexpr const char* kUnifiedRemedy =
    "have an administrator boot with systemd.unified_cgroup_hierarchy=1 on the kernel's command line";
/// What `who`, an option or a default, does not get for the want of a controller, and whose hands it is in.
Error no_controller(const std::string& who, const std::string& controller);

/// Switches on, for the children of `cgroup`, the controllers that `limits` need. Throws Error that names the
/// option, and whether delegation or cgroup v1 is in the way.
void switch_on_controllers(const CgroupDirectory& cgroup, const std::vector<LimitFile>& limits);

/// Switches on what else there is of the controllers that tell what was used.
void switch_on_figures(const CgroupDirectory& cgroup);

/// The two cgroups of a run below `parent`: pid 1 in `init`, which keeps the place until the figures are
/// read, and the payload with its limits.
class RunCgroups {
 public:
  /// Makes init, moves `pid` there if it is not 0, and makes payload with `limits` in force. Throws Error
  /// that names the option and the controller that is not delegated.
  RunCgroups(CgroupDirectory parent, pid_t pid, const std::vector<LimitFile>& limits);

  const CgroupDirectory& parent() const { return parent_; }
  /// What pid 1 can be cloned into (CLONE_INTO_CGROUP): moving a process stops all of the machine's forks for
  /// a moment, which takes milliseconds.
  const CgroupDirectory& init() const { return init_; }
  const CgroupDirectory& payload() const { return payload_; }

 private:
  CgroupDirectory parent_, init_, payload_;
};

/// Kills what is left in the cgroups of a run and removes both, also half-made ones; nothing is waited for
/// but their emptiness.
void remove_run_cgroups(const CgroupDirectory& parent);

/// Below a delegated cgroup: makes room by moving what lives in it to a leaf (no processes in inner nodes)
/// and makes `name` there.
CgroupDirectory make_room(const CgroupDirectory& own, const std::string& name,
                          const std::vector<LimitFile>& limits);

}  // namespace cloche
