// A stopped tracee looked at from outside: its memory, its paths as it calls them, its sockets. All of it is
// the payload's own word: it is shown to a person, and nothing is decided by it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "trace/act.h"

namespace cloche {

/// At most `most` bytes at `address`; fewer where its memory ends.
std::string tracee_bytes(pid_t tid, std::uint64_t address, std::size_t most);
/// Text at `address` up to its zero byte or PATH_MAX; none where it cannot be read.
std::optional<std::string> tracee_text(pid_t tid, std::uint64_t address);

/// What the tracee calls `path`, absolute and free of "." and "..": relative to the folder that the
/// descriptor `folder` is open on (AT_FDCWD: its working folder). None where that is no folder.
std::optional<std::string> tracee_path(pid_t tid, int folder, const std::string& path);

/// Fills object, transport and number from the socket address in the tracee's memory; false for an address
/// of a family that nobody asks about.
bool read_address(pid_t tid, int socket, std::uint64_t address, std::uint64_t length, Act& act);

/// The program that it runs: of a script, the interpreter. None where it cannot be read.
std::optional<std::string> tracee_program(pid_t tid);

/// The name of its process (comm).
std::string tracee_name(pid_t tid);

}  // namespace cloche
