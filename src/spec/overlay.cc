#include "spec/overlay.h"

#include <algorithm>

namespace cloche {
namespace {

template <typename Value>
void replace(std::optional<Value>& base, const std::optional<Value>& over) {
  if (over) base = over;
}

template <typename Value>
void append(std::vector<Value>& base, const std::vector<Value>& over) {
  base.insert(base.end(), over.begin(), over.end());
}

void lay_over(LimitsSpec& base, const LimitsSpec& over) {
  replace(base.memory, over.memory);
  replace(base.memory_high, over.memory_high);
  replace(base.swap, over.swap);
  replace(base.cpus, over.cpus);
  replace(base.cpu_weight, over.cpu_weight);
  replace(base.io_weight, over.io_weight);
  replace(base.tasks, over.tasks);
  for (const IoMax& limit : over.io_max) cloche::lay_over(base, limit);
  replace(base.cpuset, over.cpuset);
  replace(base.timeout, over.timeout);
  replace(base.cpu_time, over.cpu_time);
  for (const ResourceLimit& limit : over.rlimits) cloche::lay_over(base, limit);
}

void lay_over(PolicySpec& base, const PolicySpec& over) {
  replace(base.seccomp, over.seccomp);
  append(base.syscalls, over.syscalls);
  append(base.capabilities, over.capabilities);
  replace(base.landlock, over.landlock);
  append(base.tcp_bind, over.tcp_bind);
  append(base.tcp_connect, over.tcp_connect);
  append(base.allow, over.allow);
  append(base.require, over.require);
  replace(base.apparmor, over.apparmor);
  replace(base.selinux_label, over.selinux_label);
}

}  // namespace

void lay_over(LimitsSpec& limits, const ResourceLimit& limit) {
  std::erase_if(limits.rlimits, [&](const ResourceLimit& known) { return known.name == limit.name; });
  limits.rlimits.push_back(limit);
}

void lay_over(LimitsSpec& limits, const IoMax& limit) {
  const auto known = std::find_if(limits.io_max.begin(), limits.io_max.end(),
                                  [&](const IoMax& other) { return other.device == limit.device; });
  if (known == limits.io_max.end()) {
    limits.io_max.push_back(limit);
    return;
  }
  for (const auto& [key, value] : limit.limits) known->limits[key] = value;
}

Spec overlay(Spec base, const Spec& over) {
  if (!over.command.empty()) base.command = over.command;
  append(base.profiles, over.profiles);
  append(base.view, over.view);
  replace(base.here, over.here);
  replace(base.rootfs, over.rootfs);
  replace(base.workdir, over.workdir);
  replace(base.as, over.as);
  replace(base.map, over.map);
  replace(base.hostname, over.hostname);
  append(base.environment, over.environment);
  append(base.pass_environment, over.pass_environment);
  append(base.fds, over.fds);
  replace(base.net, over.net);
  lay_over(base.limits, over.limits);
  lay_over(base.policy, over.policy);
  replace(base.name, over.name);
  replace(base.tty, over.tty);
  return base;
}

}  // namespace cloche
