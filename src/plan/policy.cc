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

bool is_file(const std::string& seccomp) {
  return seccomp != "default" && seccomp != "none";
}

void resolve_seccomp_file(const HostFacts& facts, Plan& plan) {
  PolicyPlan& policy = plan.policy;
  policy.seccomp = absolute(policy.seccomp, facts);
  const auto text = facts.texts.find(policy.seccomp);
  if (text == facts.texts.end())
    throw Error("the filter file " + in_quotes(policy.seccomp) + " was not read");
  policy.file =
      read_seccomp_file(text->second, policy.seccomp,
                        {policy.capabilities, this_machine(), facts.kernel_major, facts.kernel_minor});
  policy.filter = policy.file->policy;
  policy.filter_flags = policy.file->load_flags;
  // It was asked for by name, so it stands; what it opens is said.
  const std::vector<std::string> opened = opened_by(*policy.filter);
  if (!opened.empty())
    plan.notes.push_back(fmt::format("the filter {} allows {}, which the default one refuses",
                                     in_quotes(policy.seccomp), join(opened, ", ")));
}

void resolve_syscalls(const Spec& spec, const HostFacts& facts, Plan& plan) {
  PolicyPlan& policy = plan.policy;
  policy.seccomp = spec.policy.seccomp.value_or("default");
  if (is_file(policy.seccomp)) resolve_seccomp_file(facts, plan);
  policy.syscalls = spec.policy.syscalls;
  if (!policy.syscalls.empty())
    policy.filter = apply_rules(policy_for(policy), policy.syscalls, policy.allow);
  if (policy.filter || policy.seccomp != "none") plan.enforced.emplace_back("seccomp");
}

}  // namespace

void resolve_policy(const Spec& spec, const HostFacts& facts, Plan& plan) {
  PolicyPlan& policy = plan.policy;
  for (const std::string& token : spec.policy.allow) {
    weakening(token);
    policy.allow.push_back(token);
  }
  resolve_capabilities(spec, plan);
  plan.enforced.emplace_back("no-new-privs");
  plan.enforced.emplace_back(policy.capabilities.empty() ? "no-capabilities" : "few-capabilities");
  resolve_syscalls(spec, facts, plan);
}

std::vector<std::string> files_to_read(const Spec& spec, const HostFacts& facts) {
  const std::string seccomp = spec.policy.seccomp.value_or("default");
  if (!is_file(seccomp)) return {};
  return {absolute(seccomp, facts)};
}

}  // namespace cloche
