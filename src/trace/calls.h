// The calls that an observed run stops at, and where their arguments name something.
//
//   const FilterPolicy watched = observed(policy, Watch::names);   // SECCOMP_RET_TRACE where it said allow
//
// A call stops only where the policy allows it: what is refused stays refused, whatever a tracer does.
// Without a tracer the kernel answers ENOSYS, so that a run whose tracer is gone fails closed.
#pragma once

#include <optional>
#include <string>

#include "policy/filter.h"
#include "trace/act.h"

namespace cloche {

/// One path of a call: the argument that holds it, and the one with its folder's descriptor (-1: none).
struct NamedPath {
  int path = -1, folder = -1;
  Intent intent = Intent::look;
};

struct ObservedCall {
  const char* name;
  NamedPath first;
  NamedPath second;  ///< of rename and link
  int flags = -1;    ///< of open: decides the intent
};

enum class Watch {
  names,  ///< the calls that name a path, an address or an id
  calls   ///< these, and every other but those that every program makes all the time (always_used())
};

/// The call of that name, if it names something.
const ObservedCall* observed_call(const std::string& name);

FilterPolicy observed(FilterPolicy policy, Watch watch);

/// Whether the call is one of those that are too frequent to stop at, and that no program does without.
bool always_used(const std::string& name);

/// What open(2)'s flags ask for.
Intent intent_of_open(std::uint64_t flags);

}  // namespace cloche
