// What of this machine decides the kernel's answers: read once, a plain value, so that predictions are pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cgroup/place.h"

namespace cloche::lab {

struct Situation {
  std::uint32_t uid = 0, gid = 0;
  std::string user;
  std::string kernel;                    ///< "6.1.0-18-amd64"
  std::string tree;                      ///< where cgroup v2 is mounted; empty: nowhere
  std::string own_cgroup;                ///< the caller's, below `tree`
  bool own_cgroup_mine = false;          ///< its folder belongs to the caller
  bool hybrid = false;                   ///< controllers are mounted as cgroup v1
  bool nsdelegate = false;               ///< cgroup namespaces are boundaries of delegation
  bool cgroup_v1 = false;                ///< the kernel still has the v1 file system
  bool masked_proc = false;              ///< an outer container hides parts of /proc
  std::vector<std::string> controllers;  ///< of the tree's root
  std::vector<std::string> known;        ///< controllers that the kernel was built with
  std::string manager;                   ///< cgroup of the caller's systemd; empty where there is none
  std::vector<std::string> delegated;    ///< controllers that it was given
  PlaceFacts place;                      ///< how it is reached
  std::uint32_t subuid = 0, subgid = 0;  ///< the first subordinate ids; 0: none
  std::string newuidmap, newgidmap;      ///< the helpers; empty where one cannot be used
  std::string no_namespaces;             ///< why no user namespace can be made; empty where it can

  bool has(const std::string& controller) const;
  /// The caller runs in the subtree of its own systemd, so that the common ancestor with a scope of it is the
  /// caller's as well.
  bool inside_manager() const;
};

Situation read_situation();

/// What experiments have in common that they need; empty where it is there.
std::string needs_namespaces(const Situation& s);
std::string needs_manager(const Situation& s);

/// The lowest cgroup that is above both: "/user.slice". The kernel asks for the right to write to its
/// cgroup.procs before it moves a process from one to the other.
std::string common_ancestor(const std::string& one, const std::string& other);

}  // namespace cloche::lab
