#include "plan/syscall_policy.h"

#include "policy/rules.h"

namespace cloche {

FilterPolicy policy_for(const PolicyPlan& plan) {
  if (plan.filter) return *plan.filter;
  return plan.seccomp == "none" ? open_policy() : default_policy(plan.allow);
}

std::vector<sock_filter> program_for(const PolicyPlan& plan, Answer answer) {
  if (plan.filter) return compile(*plan.filter, this_machine(), answer);
  if (plan.seccomp == "none") return {};
  return default_filter(plan.allow, answer);
}

}  // namespace cloche
