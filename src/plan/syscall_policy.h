// The system call policy of a run, from its plan: the one door that the run itself, `profile show` and the
// tests go through, so that what is shown is what is loaded.
#pragma once

#include <linux/filter.h>

#include <string>
#include <vector>

#include "plan/plan.h"
#include "policy/shipped_filters.h"

namespace cloche {

/// What the run's filter says of every call.
FilterPolicy policy_for(const PolicyPlan& plan);

/// The program that carries it out on this machine; empty where the run has no filter.
std::vector<sock_filter> program_for(const PolicyPlan& plan, Answer answer);

/// The shipped filter that carries it out; null where none does.
const ShippedFilter* shipped_filter_of(const PolicyPlan& plan);

/// What a person who asks for more words is told of the filter: what its file says that was not done.
std::vector<std::string> syscall_remarks(const PolicyPlan& plan);

}  // namespace cloche
