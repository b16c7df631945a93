#include "base/error.h"
#include "plan/parts.h"

namespace cloche {
namespace {

constexpr int kTruncateAbi = 3;  // Linux 6.2
constexpr int kTcpAbi = 4;       // Linux 6.7
constexpr int kScopesAbi = 6;    // Linux 6.12: abstract unix sockets and signals

/// The second lock on the view's doors: what the mounts show may be read and executed, and written only where
/// the view is writable. Rules hold for what lies below, across mounts.
std::vector<LandlockPlan::Tree> trees_of(const ViewPlan& view) {
  std::vector<LandlockPlan::Tree> trees = {{"/", false, true}};
  for (const MountStep& step : view.steps) {
    const bool writable = step.kind == MountStep::Kind::scratch || step.kind == MountStep::Kind::tmpfs ||
                          (step.kind == MountStep::Kind::bind && step.writable);
    if (writable) trees.push_back({step.destination, true, true});
  }
  return trees;
}

/// Ports are a wish: without the kernel's help there is none.
void resolve_ports(const Spec& spec, Plan& plan) {
  const PolicySpec& wish = spec.policy;
  if (wish.tcp_bind.empty() && wish.tcp_connect.empty()) return;
  const std::string option = wish.tcp_connect.empty() ? "--tcp-bind" : "--tcp-connect";
  LandlockPlan& landlock = plan.policy.landlock;
  if (landlock.abi == 0)
    throw Error(option + ": it is Landlock that keeps a command to its ports, and there is none",
                "it takes Linux 6.7 or newer, and neither --landlock off nor --allow userns");
  if (landlock.abi < kTcpAbi)
    throw Error(option + ": this kernel's Landlock cannot keep a command to ports",
                "use Linux 6.7 or newer, or --net none");
  landlock.restrict_tcp = true;
  landlock.tcp_bind = wish.tcp_bind;
  landlock.tcp_connect = wish.tcp_connect;
  plan.enforced.emplace_back("landlock-tcp");
}

/// What only a newer kernel's Landlock keeps.
void note_what_is_missing(LandlockMode mode, Plan& plan) {
  const int abi = plan.policy.landlock.abi;
  if (abi < kTruncateAbi)
    plan.degraded.push_back({"landlock-truncate", "a Landlock rule against truncating what is read-only",
                             "this kernel's Landlock does not know of truncating: the mounts alone keep "
                             "files from it",
                             "use Linux 6.2 or newer"});
  if (abi >= kScopesAbi || plan.net != NetMode::host) return;
  const char* reason =
      "this kernel's Landlock cannot keep the command from the host's abstract unix sockets, "
      "which belong to the shared network";
  if (mode == LandlockMode::require)
    throw Error(std::string("--landlock require: ") + reason, "use Linux 6.12 or newer");
  plan.degraded.push_back({"landlock-scopes", "no access to the host's abstract unix sockets", reason,
                           "use Linux 6.12 or newer, or --net none"});
}

void resolve_rules(const Spec& spec, const HostFacts& facts, Plan& plan) {
  const LandlockMode mode = spec.policy.landlock.value_or(LandlockMode::automatic);
  if (mode == LandlockMode::off) return;
  if (is_allowed(spec, "userns")) {
    // The kernel refuses every mount under a Landlock ruleset, in nested namespaces too.
    if (mode == LandlockMode::require)
      throw Error(
          "--landlock require and --allow userns exclude each other: under Landlock nothing can be mounted",
          "leave one of them out");
    return;
  }
  if (facts.landlock_abi == 0) {
    const char* reason = "this kernel has no Landlock, or it is not switched on";
    const char* remedy = "use Linux 5.13 or newer with landlock in its list of security modules (lsm=)";
    if (mode == LandlockMode::require) throw Error(std::string("--landlock require: ") + reason, remedy);
    plan.degraded.push_back({"landlock", "Landlock rules beside the mounts", reason, remedy});
    return;
  }
  LandlockPlan& landlock = plan.policy.landlock;
  landlock.abi = facts.landlock_abi;
  landlock.trees = trees_of(plan.view);
  landlock.scope_abstract = landlock.scope_signals = facts.landlock_abi >= kScopesAbi;
  plan.enforced.emplace_back("landlock");
  note_what_is_missing(mode, plan);
}

}  // namespace

void resolve_landlock(const Spec& spec, const HostFacts& facts, Plan& plan) {
  resolve_rules(spec, facts, plan);
  resolve_ports(spec, plan);
}

}  // namespace cloche
