#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "plan/parts.h"
#include "plan/syscall_policy.h"
#include "policy/capabilities.h"
#include "policy/rules.h"
#include "policy/weakenings.h"

namespace cloche {
namespace {

void resolve_capabilities(const Spec& spec, Plan& plan) {
  std::vector<std::string> kept = spec.policy.capabilities;
  for (const std::string& name : kept) check_capability(name);
  if (spec.as && spec.as->kind == As::Kind::root)
    kept.insert(kept.end(), root_capabilities().begin(), root_capabilities().end());
  std::sort(kept.begin(), kept.end());
  kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
  plan.policy.capabilities = std::move(kept);
}

void resolve_syscalls(const Spec& spec, Plan& plan) {
  PolicyPlan& policy = plan.policy;
  policy.syscalls = spec.policy.syscalls;
  if (!policy.syscalls.empty())
    policy.filter = apply_rules(policy_for(policy), policy.syscalls, policy.allow);
  if (policy.filter || policy.seccomp != "none") plan.enforced.emplace_back("seccomp");
}

}  // namespace

void resolve_policy(const Spec& spec, const HostFacts&, Plan& plan) {
  PolicyPlan& policy = plan.policy;
  for (const std::string& token : spec.policy.allow) {
    weakening(token);
    policy.allow.push_back(token);
  }
  resolve_capabilities(spec, plan);
  policy.seccomp = spec.policy.seccomp.value_or("default");
  if (policy.seccomp != "default" && policy.seccomp != "none")
    throw UsageError("--seccomp " + in_quotes(policy.seccomp) + ": this version reads no filter files",
                     "say default or none");
  plan.enforced.emplace_back("no-new-privs");
  plan.enforced.emplace_back(policy.capabilities.empty() ? "no-capabilities" : "few-capabilities");
  resolve_syscalls(spec, plan);
}

}  // namespace cloche
