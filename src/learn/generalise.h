// From what a run was seen to do to the fewest rules that let it do that again.
//
//   ~/.config/git/config read, ~/src/lib/{a,b,c,d}.h read   ->   ro $HOME/.config/git/config, $HOME/src/lib
//
// Not a rule: what the plain view shows anyway, what was not there, what is private to each run, what was
// only asked whether it exists as a folder. Never a rule: the home, /, and what holds a secret; these are
// told as not granted, with the reason.
#pragma once

#include "learn/learned.h"

namespace cloche {

struct Lesson {
  const Plan& box;    ///< that the command ran in (learn/box.h)
  const Plan& plain;  ///< that it would have without a profile
  const Log& log;
  const Outside& outside;
  std::string here;  ///< the current folder
};

Learned generalise(const Lesson& lesson);

/// A name that a program made up: with a process number, random letters, or as a lock.
bool is_temporary_name(const std::string& name);

}  // namespace cloche
