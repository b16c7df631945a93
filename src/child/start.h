// What pid 1 of a sandbox and the process that enters one later (enter.cc) both do around the payload's
// start.
#pragma once

#include "child/frozen.h"
#include "child/messages.h"

namespace cloche::child {

/// Waits for what must come next from cloche; anything else ends the process.
Message expect(const Frozen& frozen, Say say, int* fd = nullptr);

/// Opens a pty in the sandbox's own devpts, so that its name exists inside; its master goes to cloche. The
/// caller leads a session and gets it as its controlling terminal. Returns the payload's end.
int make_terminal(const Frozen& frozen);

/// The payload, in `cgroup` where that is not negative; `terminal` is its end of a pty or -1. Where it gets
/// ready beside the view, that is on another processor.
pid_t start_payload(const Frozen& frozen, int cgroup, int terminal);

/// Not dumpable: neither traced nor looked into through /proc, its root folder included, from here on.
void close_to_others(const Frozen& frozen);

/// The caller keeps nothing that the payload could want: closed to others, no capability, no_new_privs. Where
/// the payload has another id, CAP_KILL stays: without it, not even a parent may signal that.
void give_up_privileges(const Frozen& frozen);

}  // namespace cloche::child
