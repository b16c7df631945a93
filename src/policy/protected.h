// Protected paths: what lies in a writable folder and runs code outside later, without the person naming it
// once more: Git's hooks and settings, an editor's tasks, start-up files of shells. They are read-only
// inside; each belongs to a weakening that leaves it writable. Where one does not exist, a placeholder
// (host/placeholder.h) stands for it during the run, so that it cannot be made.
//
// A Makefile or a package.json is not among them: the person says `make` or `npm test` to run it, and builds
// write such files by right.
#pragma once

#include <span>

#include "host/placeholder.h"

namespace cloche {

struct ProtectedPath {
  const char* path;                                       ///< below the shared folder
  const char* token;                                      ///< the weakening that leaves it writable
  PlaceholderKind placeholder = PlaceholderKind::folder;  ///< as which others miss it
  bool in_home = false;  ///< read in a home folder only: elsewhere its absence is no matter
};

/// All of them; those of a Git directory begin with ".git/".
std::span<const ProtectedPath> protected_paths();

}  // namespace cloche
