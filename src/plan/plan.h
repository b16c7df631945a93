// Exactly what a run will do: resolve(Spec, HostFacts) makes it, --dry-run prints it, freeze() turns it
// into the plain structs that the child works through. Nothing downstream decides anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/placeholder.h"
#include "policy/filter.h"
#include "policy/seccomp_file.h"
#include "spec/spec.h"

namespace cloche {

/// What was only a default and cannot be had here. Never silent: it stands in the plan and in the report.
struct Degradation {
  std::string feature;  ///< "id-range", "tasks-limit", "landlock-tcp"...; what --require takes
  std::string wanted;
  std::string reason;
  std::string remedy;
  bool operator==(const Degradation&) const = default;
};

/// One line of /proc/PID/uid_map.
struct IdMapLine {
  std::uint32_t inside = 0, outside = 0, count = 0;
  bool operator==(const IdMapLine&) const = default;
};

struct IdentityPlan {
  std::uint32_t uid = 0, gid = 0;  ///< the payload's, inside
  bool range = false;              ///< through newuidmap; else one id each, setgroups denied
  std::vector<IdMapLine> uid_map, gid_map;
  std::string newuidmap, newgidmap;  ///< paths of the helpers, for a range
  std::string hostname;
  bool operator==(const IdentityPlan&) const = default;
};

/// One step of building the view, in order. Destinations are resolved inside the new root.
struct MountStep {
  enum class Kind {
    bind,     ///< source (host) onto destination, recursive; read-only unless `writable`
    device,   ///< one device node of the host
    tmpfs,    ///< a fresh one, of `size` bytes where it is not 0
    scratch,  ///< a private folder on the root's own tmpfs, writable
    folder,   ///< an empty folder of the read-only root
    proc,     ///< fresh; its control files are covered by steps of their own
    devpts,
    symlink,  ///< destination -> source
    hide,     ///< an empty unreadable file or folder over what is there; nothing if nothing is
    seal,     ///< what is there becomes read-only; nothing if nothing is
    protect   ///< bound onto itself, links not followed: it can no longer be renamed or replaced, and unless
              ///< `writable` is read-only; nothing if nothing is there
  };
  Kind kind = Kind::bind;
  std::string source;
  std::string destination;
  bool writable = false;
  bool may_be_gone = false;  ///< no error if its source has vanished
  bool optional = false;     ///< nor if its place cannot be made
  std::uint32_t mode = 0755;
  std::uint64_t size = 0;
  bool operator==(const MountStep&) const = default;
};

/// Stands on the host for a protected path that does not exist; a step of kind protect lies on it.
struct PlaceholderStep {
  std::string folder;  ///< the shared folder, on the host
  std::string name;    ///< below it, no link on the way
  PlaceholderKind kind = PlaceholderKind::folder;
  std::string path() const { return folder + "/" + name; }
  bool operator==(const PlaceholderStep&) const = default;
};

struct ViewPlan {
  std::vector<MountStep> steps;
  std::string rootfs;   ///< empty: the host's own system
  std::string workdir;  ///< where the payload starts
  std::string shared;   ///< the folder shared writable at its own path, empty if none is
  std::vector<PlaceholderStep> placeholders;
  /// Protected paths of the host that do not exist and get no placeholder: nothing keeps the command from
  /// making them. Whether it did is said at the end.
  std::vector<std::string> absent;
  bool must_keep = false;  ///< --require protected-paths: no run without all of the placeholders
  bool operator==(const ViewPlan&) const = default;
};

/// Limits of the payload's cgroup; nothing set: no cgroup of that kind is asked for.
struct CgroupPlan {
  LimitsSpec limits;              ///< only what goes into cgroup files, defaults filled in
  bool wanted = false;            ///< a cgroup is to be had
  bool required = false;          ///< ... and the run is refused without it
  bool tasks_by_default = false;  ///< the tasks limit is nobody's wish: degradable
  bool own_scope = false;         ///< it was given a name, which systemctl shows as a scope's
  // Where to look for it.
  std::string own_cgroup, runtime_directory, bus_address, user;
  bool operator==(const CgroupPlan&) const = default;
};

struct LandlockPlan {
  int abi = 0;  ///< 0: not applied
  struct Tree {
    std::string path;  ///< inside the new root
    bool write = false, execute = true;
    bool operator==(const Tree&) const = default;
  };
  std::vector<Tree> trees;
  bool scope_abstract = false, scope_signals = false, restrict_tcp = false;
  std::vector<std::uint16_t> tcp_bind, tcp_connect;
  bool operator==(const LandlockPlan&) const = default;
};

struct PolicyPlan {
  std::string seccomp;                 ///< "default", "none", or the file's path
  std::vector<SyscallRule> syscalls;   ///< over it
  std::optional<SeccompFile> file;     ///< what stands in that file
  std::optional<FilterPolicy> filter;  ///< all together; unset for what ships, for weakenings alone, for none
  std::vector<std::string> capabilities;  ///< kept by the payload; names without cap_
  std::vector<std::string> allow;         ///< weakening tokens in force
  std::uint32_t filter_flags = 0;         ///< SECCOMP_FILTER_FLAG_* that the file asks for
  LandlockPlan landlock;
  std::string apparmor, selinux_label;
  bool operator==(const PolicyPlan&) const = default;
};

struct Plan {
  std::string name;
  std::vector<std::string> command;      ///< never empty
  std::vector<std::string> environment;  ///< NAME=VALUE, sorted
  std::vector<std::string> search_path;  ///< where a command without a slash is looked for, inside
  std::vector<int> fds;                  ///< inherited besides 0, 1, 2
  bool tty = false;

  IdentityPlan identity;
  ViewPlan view;
  NetMode net = NetMode::none;
  CgroupPlan cgroup;
  std::optional<Duration> timeout;
  std::vector<ResourceLimit> rlimits;
  PolicyPlan policy;

  std::vector<std::string> enforced;  ///< names of what holds
  std::vector<Degradation> degraded;
  std::vector<std::string> notes;  ///< one-line remarks for the person

  bool operator==(const Plan&) const = default;
};

}  // namespace cloche
