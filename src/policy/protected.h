// Protected paths: what lies in a writable folder and runs code outside later, without the person naming it
// once more: Git's hooks and settings, an editor's tasks, start-up files of shells. They are read-only
// inside; each belongs to a weakening that leaves it writable. One that does not exist yet can be made: a
// mount needs something to lie on. That is said when the run is over.
//
// A Makefile or a package.json is not among them: the person says `make` or `npm test` to run it, and builds
// write such files by right.
#pragma once

#include <span>

namespace cloche {

struct ProtectedPath {
  const char* path;      ///< below the shared folder
  const char* token;     ///< the weakening that leaves it writable
  bool in_home = false;  ///< read in a home folder only: elsewhere its absence is no matter
};

/// All of them; those of a Git directory begin with ".git/".
std::span<const ProtectedPath> protected_paths();

}  // namespace cloche
