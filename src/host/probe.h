// What this machine allows, found out by doing it: each probe acts in a child of its own (host/attempt.h),
// within a time limit, and leaves nothing. Versions and configuration are read only to say why something was
// refused.
//
//   for (const Finding& finding : probe_namespaces()) …   // plain values, told by cli/doctor
//
// What needs the cgroup tree, systemd or the id map helpers is doctor/'s.
#pragma once

#include <string>
#include <vector>

#include "host/obstacles.h"

namespace cloche {

/// One thing that cloche relies on or can use, as this machine has it.
struct Finding {
  enum class Kind {
    ok,
    limited,  ///< there, with less than cloche can use
    missing,  ///< not there, and cloche run does without it
    blocking  ///< cloche run does not work without it
  };
  Kind kind = Kind::ok;
  std::string id;      ///< for programs: "user-namespace"
  std::string what;    ///< for people: "user namespace"
  std::string state;   ///< in few words: "ABI 2", "refused"
  std::string detail;  ///< what was done, and what was answered
  std::string means;   ///< for cloche, where the kind is not ok
  std::string remedy;  ///< to paste, or a sentence; empty where none is known
  bool needs_administrator = false;

  bool operator==(const Finding&) const = default;
};
using Findings = std::vector<Finding>;

/// "ok", "limited", "missing", "blocking"
const char* kind_word(Finding::Kind kind);

/// Sets kind, state, detail and remedy from what stands in the way. A remedy that begins with "have an
/// administrator run: " becomes the bare command.
void obstruct(Finding& finding, Finding::Kind kind, const std::string& state, const Obstacle& obstacle);
/// For what was not tried, because it needs `other`, which is missing itself.
Finding not_tried(const std::string& id, const std::string& what, const std::string& other);
bool was_tried(const Finding& finding);

/// The user namespace as clone3 answered, 0 or an errno; `root` as in obstacles.h.
Finding user_namespace_finding(int error, const std::string& root = {});

Findings probe_namespaces();  ///< each kind of namespace, and the fresh /proc
Findings probe_mounts();      ///< the mount API, ptys, overlay
Findings probe_processes();   ///< pidfds, seccomp, Landlock, what the caller itself is held by

/// Landlock by its ABI; `error` is the errno of asking for it where there is none, `modules` the kernel's
/// list of security modules.
Finding landlock_finding(int abi, int error, const std::string& modules);

}  // namespace cloche
