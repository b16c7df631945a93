// A placeholder: what a run lays where a protected path (policy/protected.h) does not exist, because the
// mount that keeps it so needs something to lie on. It lies on the host while a run needs it. Whoever meets
// it there should take the path for missing, as Git, shells and build scripts do, and other runs must know it
// for what it is: one that a dead machine left is used and taken away by the next run.
#pragma once

namespace cloche {

enum class PlaceholderKind {
  link,    ///< leads nowhere: whoever opens it hears ENOENT. Git lists it, but not where it is called .git
  folder,  ///< an empty one, with the sticky bit: Git does not list it
  same     ///< for Git's commondir, a file that says what holds without it: Git dies of anything else there
};

/// Whether one of the caller's stands there. `folder` is a descriptor or AT_FDCWD.
bool is_placeholder(int folder, const char* name);

/// Lays one unless one is there already. Returns 0 or the errno; EEXIST: something else is there.
[[nodiscard]] int lay_placeholder(int folder, const char* name, PlaceholderKind kind);

/// The same for a link, by another name of one that was just laid in the folder: ten times as fast.
[[nodiscard]] int lay_another_link(int folder, const char* laid, const char* name);

/// Takes it away. What somebody has put in its place, or into it, stays.
void take_placeholder(int folder, const char* name);

}  // namespace cloche
