// A process that shares its maker's memory until it executes a program or ends, as vfork(2)'s does, while its
// maker goes on: nothing is copied for it, and neither of the two copies the pages that it writes meanwhile.
//
// What is to be its own although the memory is not:
// - the stack;
// - errno, and whatever else libc keeps for a thread at the thread pointer: it gets a copy of that.
// What the two do share, and should not be surprised by: whether they are dumpable (PR_SET_DUMPABLE, which
// the kernel keeps with the memory, and takes away where either changes its ids).
#pragma once

#include <sys/types.h>

namespace cloche::child {

/// Runs `run(argument)`, and ends with what that returns; SIGCHLD tells. Only one at a time, and none by it:
/// stack and copy are there once. -1 with errno ENOSYS where this machine's thread pointer is not known here,
/// else as clone(2).
pid_t clone_sharing(int (*run)(void*), void* argument);

}  // namespace cloche::child
