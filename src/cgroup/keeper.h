// A delegated cgroup that is kept between runs, so that a run from inside the user's manager needs neither
// the bus nor the move of a process: its pid 1 is cloned into it.
//
//   if (auto kept = keeper::place(facts)) …        // make_room(*kept, …), clone3 with CLONE_INTO_CGROUP
//   else …                                         // a scope over the bus, and keeper::ask() for the next
//   run
//
// systemd removes a unit's cgroup when no process is left in it, so something has to live there: a transient
// service of the user's manager, cloche-keeper.service, which is this program under another name. It ends
// by itself a few seconds after the last run in it, removes what a run that was killed left there, and never
// is in the way: whoever does not find it asks systemd for a scope. From a login session's scope nobody can
// use it (the common ancestor of the two is root's), so none is asked for there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cgroup/manager.h"
#include "cgroup/place.h"

namespace cloche::keeper {

inline constexpr const char* kProgram = "cloche-keeper";  ///< argv[0] of the service
inline constexpr const char* kUnit = "cloche-keeper.service";

/// Whether a run from the caller's own cgroup could be cloned into a keeper's.
bool is_of_use(const PlaceFacts& facts);

/// The keeper's cgroup, where one is up that the caller can use.
std::optional<CgroupDirectory> place(const PlaceFacts& facts);

/// Asks systemd over `bus` to start the service. Not waited for, but the bus must stay open until systemd has
/// read it: it asks the bus who the caller is. No error where the service is there already.
void ask(sd_bus* bus);

/// The service: keeps the cgroup that systemd started it in until it is not used any more. An exit status.
int main();

}  // namespace cloche::keeper
