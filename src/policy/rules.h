// Rules for system calls, as profiles state them, laid over a base policy.
//
//   FilterPolicy policy = apply_rules(default_policy(tokens), {{{"@debug"}, SyscallRule::Action::allow}},
//   tokens);
//
// Later rules lie over earlier ones: of all that name a call and whose conditions hold, the last decides, and
// where none holds the base does. A rule without conditions replaces all that was said of the call before.
// Several conditions of one rule must hold together, on one argument too ("at least 3" and "below 7").
//
// A rule alone never opens what a sandbox stands on. Calls that a weakening opens need its token besides the
// rule, modules and file handles no rule opens, and of clone, ioctl, mknod, personality and socket the
// dangerous arguments stay refused (new namespaces, TIOCSTI, devices...) unless their token is given: a rule
// for the whole call allows the rest of it, and one for just such arguments is an error that names the token.
#pragma once

#include <string>
#include <vector>

#include "policy/filter.h"
#include "spec/spec.h"

namespace cloche {

/// Throws UsageError for a name or group that does not exist (with the nearest), an argument or comparison
/// that cannot be, and for what `tokens` do not allow a rule to open (with the token).
FilterPolicy apply_rules(FilterPolicy base, const std::vector<SyscallRule>& rules,
                         const std::vector<std::string>& tokens);

/// The calls of a rule's words: names stand for themselves, @groups for theirs.
std::vector<std::string> expand_calls(const std::vector<std::string>& words);

/// A policy without a filter: all is allowed, which rules can lie over.
FilterPolicy open_policy();

}  // namespace cloche
