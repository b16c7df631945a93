// The sandbox's own namespaces, but for those that the clone makes: the user's and that of the processes.
//
//   make_namespaces(frozen);    // pid 1, first of all
//   …
//   raise_loopback(frozen);     // the payload, while pid 1 is busy with the view
#pragma once

#include "child/frozen.h"

namespace cloche::child {

/// Mounts, ipc and uts, and the network where it is to have one of its own; then tells cloche. Not by clone3:
/// cloche looks up ids and plans meanwhile.
void make_namespaces(const Frozen& frozen);

/// It is down in a new network namespace. In the caller's own network nothing happens.
void raise_loopback(const Frozen& frozen);

}  // namespace cloche::child
