// The user's own systemd: how it is reached, and the move of a process into a cgroup of one of its units.
//
//   manager::attach(manager_addresses(facts), "cloche-make-1.scope", "/init", pid);
//
// systemd can move a process where its owner cannot: out of a login session's scope, whose common ancestor
// with the user's manager belongs to root. See org.freedesktop.systemd1(5), AttachProcessesToUnit.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "cgroup/libsystemd.h"

namespace cloche {

/// How the user's manager can be talked to.
struct BusAddress {
  std::string address;  ///< "unix:path=/run/user/1000/bus"
  bool is_bus = true;   ///< false: the manager's private socket, without a bus daemon between
};

namespace manager {

inline constexpr const char* kService = "org.freedesktop.systemd1";
inline constexpr const char* kPath = "/org/freedesktop/systemd1";
inline constexpr const char* kInterface = "org.freedesktop.systemd1.Manager";

/// A connection to the first address that answers, which the caller closes. Throws Error.
sd_bus* connect(const std::vector<BusAddress>& addresses, bool* is_bus);

/// The name of the D-Bus error that a reply is; empty for one that is none.
std::string error_of(sd_bus_message* message, std::string* words = nullptr);

/// Moves `pid`, a process of the caller's, to `subcgroup` ("/init") of a unit with Delegate=. Waits for the
/// answer, at most 30 s. Throws Error with what systemd answered.
void attach(const std::vector<BusAddress>& addresses, const std::string& unit, const std::string& subcgroup,
            pid_t pid);

}  // namespace manager
}  // namespace cloche
