#include "plan/json.h"

#include <map>
#include <nlohmann/json.hpp>

#include "plan/syscall_policy.h"
#include "policy/capabilities.h"
#include "policy/verdicts.h"
#include "spec/profile_rule.h"

namespace cloche {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json seconds(const std::optional<Duration>& duration) {
  return duration ? Json(static_cast<double>(duration->count()) / 1e6) : Json(nullptr);
}

const char* word(MountStep::Kind kind) {
  using Kind = MountStep::Kind;
  switch (kind) {
    case Kind::bind:
      return "bind";
    case Kind::device:
      return "device";
    case Kind::tmpfs:
      return "tmpfs";
    case Kind::scratch:
      return "scratch";
    case Kind::folder:
      return "folder";
    case Kind::proc:
      return "proc";
    case Kind::devpts:
      return "devpts";
    case Kind::symlink:
      return "symlink";
    case Kind::hide:
      return "hide";
    case Kind::seal:
      return "seal";
    case Kind::protect:
      return "protect";
  }
  return "";
}

const char* word(PlaceholderKind kind) {
  switch (kind) {
    case PlaceholderKind::link:
      return "link";
    case PlaceholderKind::folder:
      return "folder";
    case PlaceholderKind::same:
      return "file";
  }
  return "";
}

Json of(const std::vector<IdMapLine>& lines) {
  Json all = Json::array();
  for (const IdMapLine& line : lines)
    all.push_back({{"inside", line.inside}, {"outside", line.outside}, {"count", line.count}});
  return all;
}

Json of(const IdentityPlan& identity) {
  return {{"uid", identity.uid},
          {"gid", identity.gid},
          {"map", identity.range ? "range" : "single"},
          {"uid_map", of(identity.uid_map)},
          {"gid_map", of(identity.gid_map)},
          {"hostname", identity.hostname}};
}

Json of(const ViewPlan& view) {
  Json steps = Json::array();
  for (const MountStep& step : view.steps) {
    Json one = {{"kind", word(step.kind)}};
    if (!step.source.empty()) one["source"] = step.source;
    one["destination"] = step.destination;
    if (step.kind == MountStep::Kind::bind || step.kind == MountStep::Kind::protect)
      one["writable"] = step.writable;
    if (step.size) one["size_bytes"] = step.size;
    steps.push_back(std::move(one));
  }
  Json placeholders = Json::array();
  for (const PlaceholderStep& step : view.placeholders)
    placeholders.push_back({{"path", step.path()}, {"kind", word(step.kind)}});
  return {{"rootfs", view.rootfs.empty() ? Json(nullptr) : Json(view.rootfs)},
          {"workdir", view.workdir},
          {"shared", view.shared.empty() ? Json(nullptr) : Json(view.shared)},
          {"mounts", std::move(steps)},
          {"placeholders", std::move(placeholders)},
          {"absent_protected", view.absent}};
}

Json of(const Plan& plan, const LimitsSpec& limits) {
  Json io_max = Json::array();
  for (const IoMax& one : limits.io_max) io_max.push_back({{"device", one.device}, {"limits", one.limits}});
  Json rlimits = Json::array();
  for (const ResourceLimit& one : plan.rlimits) {
    const auto value = [](std::uint64_t v) { return v == kUnlimited ? Json("unlimited") : Json(v); };
    rlimits.push_back({{"name", one.name}, {"soft", value(one.soft)}, {"hard", value(one.hard)}});
  }
  Json cpus = nullptr;
  if (limits.cpus) cpus = static_cast<double>(*limits.cpus) / 1000;
  return {{"cgroup", !plan.cgroup.wanted    ? "none"
                     : plan.cgroup.required ? "required"
                                            : "where it can be had"},
          {"memory_bytes", or_null(limits.memory)},
          {"memory_high_bytes", or_null(limits.memory_high)},
          {"swap_bytes", or_null(limits.swap)},
          {"cpus", std::move(cpus)},
          {"cpu_weight", or_null(limits.cpu_weight)},
          {"tasks", or_null(limits.tasks)},
          {"io_weight", or_null(limits.io_weight)},
          {"io_max", std::move(io_max)},
          {"cpuset", or_null(limits.cpuset)},
          {"cpu_time_seconds", seconds(limits.cpu_time)},
          {"timeout_seconds", seconds(plan.timeout)},
          {"rlimits", std::move(rlimits)}};
}

/// What a filter that is not the default one does, for whoever reads the plan; null for those.
Json in_brief(const PolicyPlan& policy) {
  if (!policy.filter && policy.syscalls.empty()) return nullptr;
  const FilterPolicy filter = policy_for(policy);
  std::map<std::string, std::vector<std::string>> by_verdict;
  for (const auto& [name, call] : filter.calls)
    by_verdict[call.rules.empty() ? in_words(call.otherwise) : "by argument"].push_back(name);
  Json brief = {{"otherwise", in_words(filter.unknown)}, {"calls", by_verdict}};
  if (policy.file) {
    brief["format"] = policy.file->format == SeccompFile::Format::oci ? "oci" : "engine";
    brief["unknown_names"] = policy.file->passed_over;
    brief["foreign_architectures"] = policy.file->foreign;
  }
  return brief;
}

Json of(const PolicyPlan& policy) {
  Json trees = Json::array();
  for (const auto& tree : policy.landlock.trees)
    trees.push_back({{"path", tree.path}, {"write", tree.write}, {"execute", tree.execute}});
  Json syscalls = Json::array();
  for (const SyscallRule& rule : policy.syscalls) syscalls.push_back(rule_words(rule));
  Json opened = Json::object();
  for (const std::string& name : policy.capabilities) opened[name] = kept_capability(name).opens;
  return {{"seccomp", policy.seccomp},
          {"syscalls", std::move(syscalls)},
          {"capabilities", policy.capabilities},
          {"capabilities_open", std::move(opened)},
          {"allow", policy.allow},
          {"filter", in_brief(policy)},
          {"filter_flags", policy.filter_flags},
          {"no_new_privs", true},
          {"landlock",
           {{"abi", policy.landlock.abi},
            {"trees", std::move(trees)},
            {"tcp_restricted", policy.landlock.restrict_tcp},
            {"tcp_bind", policy.landlock.tcp_bind},
            {"tcp_connect", policy.landlock.tcp_connect},
            {"scope_abstract_sockets", policy.landlock.scope_abstract},
            {"scope_signals", policy.landlock.scope_signals}}},
          {"apparmor", policy.apparmor.empty() ? Json(nullptr) : Json(policy.apparmor)},
          {"selinux_label", policy.selinux_label.empty() ? Json(nullptr) : Json(policy.selinux_label)}};
}

}  // namespace

std::string to_json(const Plan& plan) {
  Json degraded = Json::array();
  for (const Degradation& one : plan.degraded)
    degraded.push_back(
        {{"feature", one.feature}, {"wanted", one.wanted}, {"reason", one.reason}, {"remedy", one.remedy}});
  const Json all = {{"version", 1},
                    {"name", plan.name},
                    {"command", plan.command},
                    {"tty", plan.tty},
                    {"identity", of(plan.identity)},
                    {"view", of(plan.view)},
                    {"environment", plan.environment},
                    {"fds", plan.fds},
                    {"net", plan.net == NetMode::host ? "host" : "none"},
                    {"limits", of(plan, plan.cgroup.limits)},
                    {"policy", of(plan.policy)},
                    {"enforced", plan.enforced},
                    {"degraded", std::move(degraded)},
                    {"notes", plan.notes}};
  // A path need not be UTF-8; JSON must be.
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cloche
