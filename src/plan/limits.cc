#include <fmt/format.h>

#include <sys/resource.h>

#include "base/error.h"
#include "plan/parts.h"
#include "plan/resolve.h"

namespace cloche {
namespace {

constexpr std::uint64_t kDefaultTasks = 4096;

}  // namespace

CgroupPlan cgroup_of(const Spec& spec, const HostFacts& facts) {
  const LimitsSpec& wanted = spec.limits;
  CgroupPlan cgroup;
  cgroup.limits = wanted;
  cgroup.limits.timeout.reset();
  cgroup.limits.rlimits.clear();
  const bool asked = !(cgroup.limits == LimitsSpec{});
  if (wanted.swap && !wanted.memory)
    throw UsageError("--swap needs --memory", "a swap limit alone bounds nothing: say --memory SIZE too");
  if (wanted.memory && !wanted.swap) cgroup.limits.swap = 0;
  if (!wanted.tasks) {
    cgroup.limits.tasks = kDefaultTasks;
    cgroup.tasks_by_default = true;
  }
  cgroup.own_cgroup = facts.cgroup;
  cgroup.runtime_directory = facts.runtime_directory;
  const auto bus = facts.environment.find("DBUS_SESSION_BUS_ADDRESS");
  if (bus != facts.environment.end()) cgroup.bus_address = bus->second;
  cgroup.user = facts.user;
  cgroup.own_scope = spec.name.has_value();
  cgroup.wanted = asked || facts.bus_reachable || !facts.cgroup.empty();
  cgroup.required = asked && !is_allowed(spec, "unlimited");
  return cgroup;
}

void resolve_limits(const Spec& spec, const HostFacts& facts, Plan& plan) {
  plan.cgroup = cgroup_of(spec, facts);
  plan.timeout = spec.limits.timeout;
  plan.rlimits = spec.limits.rlimits;
}

}  // namespace cloche
