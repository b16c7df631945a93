// What a statically linked program cannot do: open shared libraries, and with them the name services beyond
// /etc/passwd.
//
// cloche is linked twice from the same objects (src/meson.build). The program that people call is linked
// statically: nothing is mapped, relocated and bound at its start, and there is less to copy for each of its
// forks. What is below it hands over to the other one, which is linked dynamically and lies beside it:
//
//   if (will_ask_systemd) libraries_at_hand();   // throws in the static program, before anything is begun
//
// main() catches that and executes the other with the same arguments.
#pragma once

#include <pwd.h>

#include <string>

namespace cloche {

/// Thrown where the static program has to become `program`. It is no std::exception, so that nobody but
/// main() stops it; what was begun is given back on its way.
struct NeedsLibraries {
  std::string program;
};

bool linked_statically();

/// True in the dynamic program. The static one throws NeedsLibraries; false where the other is not there, as
/// when somebody has copied a single file.
bool libraries_at_hand();

/// A handle for dlsym(3), null where the library, or every library, is not to be had.
void* open_library(const char* name);
/// What to do where open_library() has none that comes with Debian's `package`.
std::string library_remedy(const std::string& package);
/// dlsym(3).
void* function_of(void* library, const char* name);

/// The user's entry: valid until the next call, null where there is none.
const passwd* user_entry(uid_t uid);

}  // namespace cloche
