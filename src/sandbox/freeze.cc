#include "sandbox/freeze.h"

#include <sys/stat.h>

#include "policy/capabilities.h"
#include "policy/landlock.h"
#include "spec/values.h"

namespace cloche {
namespace {

child::MountKind kind_of(MountStep::Kind kind) {
  using From = MountStep::Kind;
  using To = child::MountKind;
  switch (kind) {
    case From::bind:
      return To::bind;
    case From::device:
      return To::device;
    case From::tmpfs:
      return To::tmpfs;
    case From::scratch:
      return To::scratch;
    case From::folder:
      return To::folder;
    case From::proc:
      return To::proc;
    case From::devpts:
      return To::devpts;
    case From::symlink:
      return To::symlink;
    case From::hide:
      return To::hide;
    case From::seal:
      return To::seal;
    case From::protect:
      return To::protect;
  }
  return To::bind;
}

std::vector<const char*> pointers(const std::vector<std::string>& strings) {
  std::vector<const char*> all;
  for (const std::string& string : strings) all.push_back(string.c_str());
  all.push_back(nullptr);
  return all;
}

}  // namespace

FrozenPlan::FrozenPlan(const Plan& plan, const std::vector<sock_filter>& filter,
                       const std::vector<sock_filter>& listened)
    : filter_(filter), listened_(listened) {
  freeze_mounts(plan);
  freeze_command(plan);
  freeze_limits(plan);
  freeze_landlock(plan);
  frozen_.filter_flags = plan.policy.filter_flags;
  frozen_.cgroup_view = plan.cgroup.wanted;
  frozen_.own_network = plan.net == NetMode::none;
  frozen_.hostname = plan.identity.hostname.c_str();
  frozen_.uid = plan.identity.uid;
  frozen_.gid = plan.identity.gid;
  frozen_.drop_groups = plan.identity.range;
  frozen_.root_semantics = plan.identity.uid == 0;
  for (const std::string& name : plan.policy.capabilities)
    frozen_.keep_capabilities |= std::uint64_t{1} << capability_number(name);
  frozen_.tty = plan.tty;
  if (!plan.policy.apparmor.empty()) {
    label_ = "exec " + plan.policy.apparmor;
    frozen_.exec_label_path = "/proc/self/attr/apparmor/exec";
  } else if (!plan.policy.selinux_label.empty()) {
    label_ = plan.policy.selinux_label;
    frozen_.exec_label_path = "/proc/self/attr/exec";
  }
  if (!label_.empty()) frozen_.exec_label = label_.c_str();
  frozen_.filter = {static_cast<unsigned short>(filter_.size()), filter_.data()};
  frozen_.listened_filter = {static_cast<unsigned short>(listened_.size()), listened_.data()};
}

void FrozenPlan::freeze_mounts(const Plan& plan) {
  for (const MountStep& step : plan.view.steps)
    mounts_.push_back({kind_of(step.kind), step.writable, step.optional, step.mode, step.size,
                       step.source.c_str(), step.destination.c_str()});
  source_fds_.assign(mounts_.size(), -1);
  frozen_.mounts = mounts_.data();
  frozen_.mount_count = mounts_.size();
  frozen_.source_fds = source_fds_.data();
}

void FrozenPlan::freeze_command(const Plan& plan) {
  argv_ = pointers(plan.command);
  envp_ = pointers(plan.environment);
  const std::string& command = plan.command.front();
  if (command.find('/') != std::string::npos) {
    candidate_paths_.push_back(command);
  } else if (!command.empty()) {
    for (const std::string& folder : plan.search_path)
      candidate_paths_.push_back((folder.empty() ? "." : folder) + "/" + command);
  }
  candidates_ = pointers(candidate_paths_);
  shell_argv_ = {"/bin/sh", nullptr};
  shell_argv_.insert(shell_argv_.end(), argv_.begin() + 1, argv_.end());
  frozen_.argv = argv_.data();
  frozen_.envp = envp_.data();
  frozen_.candidates = candidates_.data();
  frozen_.shell_argv = shell_argv_.data();
  frozen_.workdir = plan.view.workdir.c_str();
  frozen_.kept_fds = plan.fds.data();
  frozen_.kept_fd_count = plan.fds.size();
  frozen_.umask = ::umask(0);
  ::umask(frozen_.umask);
}

void FrozenPlan::freeze_landlock(const Plan& plan) {
  const LandlockPlan& landlock = plan.policy.landlock;
  child::Landlock& frozen = frozen_.landlock;
  frozen.on = landlock.abi > 0;
  if (!frozen.on) return;
  const LandlockRights rights = landlock_rights(landlock.abi);
  frozen.handled_fs = rights.all;
  frozen.scoped = (landlock.scope_abstract ? kLandlockScopeAbstract : 0) |
                  (landlock.scope_signals ? kLandlockScopeSignal : 0);
  frozen.attribute_size = rights.attribute_size;
  for (const LandlockPlan::Tree& tree : landlock.trees) {
    std::uint64_t granted = tree.write ? rights.write_tree : rights.read_tree;
    if (!tree.execute) granted &= ~rights.execute;
    trees_.push_back({tree.path.c_str(), granted, granted & rights.of_files});
  }
  // Devices are written and controlled, and a process writes to files of its own in /proc.
  trees_.push_back({"/dev", rights.device, rights.device & rights.of_files});
  trees_.push_back({"/proc", rights.device, rights.device & rights.of_files});
  const auto only = [&](const std::vector<std::uint16_t>& ports, std::uint64_t right) {
    if (!ports.empty()) frozen.handled_net |= right;
    for (const std::uint16_t port : ports) ports_.push_back({right, port});
  };
  only(landlock.tcp_bind, kLandlockBindTcp);
  only(landlock.tcp_connect, kLandlockConnectTcp);
  frozen.ports = ports_.data();
  frozen.port_count = ports_.size();
  frozen.read_file = rights.read_file;
  frozen.write_file = rights.write_file;
  frozen.trees = trees_.data();
  frozen.tree_count = trees_.size();
}

void FrozenPlan::freeze_limits(const Plan& plan) {
  for (const ResourceLimit& limit : plan.rlimits)
    rlimits_.push_back({rlimit_number(limit.name), {limit.soft, limit.hard}});
  frozen_.rlimits = rlimits_.data();
  frozen_.rlimit_count = rlimits_.size();
}

}  // namespace cloche
