#include "plan/syscall_policy.h"

#include <fmt/format.h>

#include "base/text.h"
#include "policy/rules.h"

namespace cloche {

FilterPolicy policy_for(const PolicyPlan& plan) {
  if (plan.filter) return *plan.filter;
  FilterPolicy base = plan.seccomp == "none" ? open_policy() : default_policy(plan.allow);
  return plan.syscalls.empty() ? base : apply_rules(std::move(base), plan.syscalls, plan.allow);
}

std::vector<sock_filter> program_for(const PolicyPlan& plan, Answer answer) {
  if (plan.filter) return compile(*plan.filter, this_machine(), answer);
  if (const ShippedFilter* shipped = shipped_filter_of(plan)) {
    const auto program = shipped->of(answer);
    return {program.begin(), program.end()};
  }
  return plan.seccomp == "none" ? std::vector<sock_filter>{}
                                : compile(policy_for(plan), this_machine(), answer);
}

const ShippedFilter* shipped_filter_of(const PolicyPlan& plan) {
  return plan.seccomp == "default" ? shipped_filter(plan.syscalls, plan.allow) : nullptr;
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
