// What this machine offers to one run: read, not guessed, and only what resolve() needs, because each
// probe is paid at every start. (What a person wants to know about the machine is doctor's: host/probe*.h.)
//
//   HostFacts facts = read_host_facts();
//   Plan plan = resolve(spec, facts);          // pure from here on
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cloche {

/// `count` ids from `start` on that the administrator gave to the caller (subuid(5), or NSS).
struct SubordinateRange {
  std::uint32_t start = 0;
  std::uint32_t count = 0;
  bool operator==(const SubordinateRange&) const = default;
};

/// One of newuidmap and newgidmap. `obstacle` says why it cannot be used; empty when it can.
struct MapHelper {
  std::string path;
  std::string obstacle;
  std::string remedy;
  bool operator==(const MapHelper&) const = default;
};

/// An entry of the host's root folder that belongs to the system: a folder, or a link such as bin -> usr/bin.
struct SystemEntry {
  std::string path;    ///< "/usr"
  std::string target;  ///< of a symbolic link, empty for a folder
  bool operator==(const SystemEntry&) const = default;
};

/// What stands at a path that the spec names, links followed.
struct PathFact {
  enum class Kind { missing, folder, file, other, unreadable };
  Kind kind = Kind::missing;
  std::string resolved;              ///< without links; empty where it is missing
  std::vector<SystemEntry> entries;  ///< of a root tree: its folders and links, names with a leading slash
  bool leads_nowhere = false;        ///< missing, but a link to it is there
  bool operator==(const PathFact&) const = default;
};

struct HostFacts {
  int process = 0;  ///< this process's number: a part of the name of a run that was given none
  std::uint32_t uid = 0, gid = 0;
  std::vector<std::uint32_t> groups;  ///< supplementary
  std::string user, home, shell;      ///< home: as passwd has it, resolved; "/" where it has none
  std::string working_directory;      ///< physical; empty where it was removed or cannot be read
  std::map<std::string, std::string> environment;

  std::vector<SubordinateRange> subuids, subgids;
  std::uint32_t free_subordinate_start = 100000;  ///< of ids that nobody has; read where the caller has none
  MapHelper newuidmap, newgidmap;

  std::vector<SystemEntry> system;           ///< what of the system's folders exists
  std::map<std::string, PathFact> paths;     ///< by absolute path: those that resolve() asks for
  std::map<std::string, std::string> texts;  ///< by absolute path: the policy files that resolve() asks for
  unsigned kernel_major = 0, kernel_minor = 0;
  int landlock_abi = 0;                    ///< 0: none
  bool apparmor = false, selinux = false;  ///< the security module is switched on, SELinux with a policy
  std::string runtime_directory;  ///< $XDG_RUNTIME_DIR or /run/user/UID, empty if neither is the caller's
  std::string cgroup;             ///< the caller's own cgroup v2 path ("/user.slice/..."), empty: no v2
  bool bus_reachable = false;     ///< a user bus or the manager's private socket is there to be tried

  bool operator==(const HostFacts&) const = default;
};

}  // namespace cloche
