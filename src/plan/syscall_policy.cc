#include "plan/syscall_policy.h"

#include <fmt/format.h>

#include "base/text.h"
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

std::vector<std::string> syscall_remarks(const PolicyPlan& plan) {
  if (!plan.file) return {};
  std::vector<std::string> remarks;
  const std::string file = in_quotes(plan.seccomp);
  if (!plan.file->passed_over.empty())
    remarks.push_back(fmt::format("{} names calls that libseccomp does not know, passed over: {}", file,
                                  join(plan.file->passed_over, ", ")));
  if (!plan.file->foreign.empty())
    remarks.push_back(fmt::format("{} lets calls of {} in; cloche kills what makes them", file,
                                  join(plan.file->foreign, ", ")));
  return remarks;
}

}  // namespace cloche
