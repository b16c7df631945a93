#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

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
  for (const std::string& name : kept)
    if (kept_capability(name).network && plan.net == NetMode::host)
      throw Error(fmt::format("--cap {} opens nothing with --net host: that network is the host's", name),
                  "leave one of them out");
  if (spec.as && spec.as->kind == As::Kind::root)
    kept.insert(kept.end(), root_capabilities().begin(), root_capabilities().end());
  std::sort(kept.begin(), kept.end());
  kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
  plan.policy.capabilities = std::move(kept);
}

/// Landlock's port rules see bind() and connect() of TCP alone: what reaches ports in other ways is refused.
std::vector<SyscallRule> beside_tcp_ports(const PolicySpec& wish) {
  std::vector<SyscallRule> rules;
  const auto refuse = [&](const char* call, std::uint32_t error, std::vector<SyscallRule::Condition> when) {
    rules.push_back({{call}, SyscallRule::Action::error, error, std::move(when)});
  };
  for (const std::uint64_t protocol : {IPPROTO_MPTCP, IPPROTO_SCTP, IPPROTO_DCCP})
    refuse("socket", EPROTONOSUPPORT, {{2, "&", protocol, 0xFFFFFFFF}});
  // The same by a type that stands for the protocol.
  for (const std::uint64_t family : {AF_INET, AF_INET6})
    for (const std::uint64_t type : {SOCK_SEQPACKET, SOCK_DCCP})
      refuse("socket", ESOCKTNOSUPPORT, {{0, "&", family, 0xFFFFFFFF}, {1, "&", type, 0xF}});
  if (wish.tcp_connect.empty()) return rules;
  // TCP Fast Open connects without connect().
  const std::vector<std::pair<const char*, std::uint32_t>> flags = {
      {"sendto", 3}, {"sendmsg", 2}, {"sendmmsg", 3}};
  for (const auto& [call, argument] : flags)
    refuse(call, EOPNOTSUPP, {{argument, "&", MSG_FASTOPEN, MSG_FASTOPEN}});
  return rules;
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
  if (!spec.policy.tcp_bind.empty() || !spec.policy.tcp_connect.empty())
    for (SyscallRule& rule : beside_tcp_ports(spec.policy)) policy.syscalls.push_back(std::move(rule));
  if (policy.filter)
    policy.filter = apply_rules(std::move(*policy.filter), policy.syscalls, policy.allow);
  else if (!policy.syscalls.empty() && !shipped_filter_of(policy))
    policy.filter = policy_for(policy);
  if (policy.filter || policy.seccomp != "none") plan.enforced.emplace_back("seccomp");
}

/// A label is a wish: nothing stands in for it.
void resolve_labels(const Spec& spec, const HostFacts& facts, Plan& plan) {
  const auto& apparmor = spec.policy.apparmor;
  const auto& selinux = spec.policy.selinux_label;
  if (apparmor && selinux)
    throw UsageError("--apparmor and --selinux-label exclude each other", "say the one that the host has");
  if (apparmor) {
    if (apparmor->empty() || apparmor->find_first_of(std::string_view(" \n\0", 3)) != std::string::npos)
      throw UsageError("--apparmor " + in_quotes(*apparmor) + ": that is no profile's name",
                       "give the name of a loaded profile, such as aa-status lists");
    if (!facts.apparmor)
      throw Error("--apparmor " + in_quotes(*apparmor) + ": AppArmor is not switched on here",
                  "leave the option out, or boot a kernel with apparmor in its list of security modules");
    plan.policy.apparmor = *apparmor;
    plan.enforced.emplace_back("apparmor");
  }
  if (selinux) {
    if (selinux->empty())
      throw UsageError("--selinux-label takes a context", "such as user_u:user_r:user_t:s0");
    if (!facts.selinux)
      throw Error(
          "--selinux-label " + in_quotes(*selinux) + ": SELinux is not switched on here, or has no policy",
          "leave the option out, or have an administrator switch it on (selinux-activate) and load one");
    plan.policy.selinux_label = *selinux;
    plan.enforced.emplace_back("selinux");
  }
}

}  // namespace

void resolve_policy(const Spec& spec, const HostFacts& facts, Plan& plan) {
  PolicyPlan& policy = plan.policy;
  for (const std::string& token : spec.policy.allow) {
    weakening(token);
    policy.allow.push_back(token);
  }
  resolve_capabilities(spec, plan);
  resolve_labels(spec, facts, plan);
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
