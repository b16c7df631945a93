#include "sandbox/freeze.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <type_traits>

#include "base/error.h"
#include "base/libraries.h"
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

/// Whether `id` inside is `own` outside.
bool is_ours(std::uint32_t id, const std::vector<IdMapLine>& map, std::uint32_t own) {
  return std::any_of(map.begin(), map.end(), [&](const IdMapLine& line) {
    return id >= line.inside && id - line.inside < line.count && line.outside + (id - line.inside) == own;
  });
}

// The kernel takes no command line of more than 6 MB; nothing else of a plan is as large.
constexpr std::size_t kRoom = std::size_t{64} << 20;

}  // namespace

FrozenPlan::FrozenPlan() {
  // Pages that are not used cost nothing.
  void* memory =
      ::mmap(nullptr, kRoom, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw_errno(errno, "cannot share memory with the sandbox", "");
  memory_ = static_cast<std::byte*>(memory);
  frozen_ = room<child::Frozen>(1);
  frozen_->failure = room<child::Failure>(1);
}

void FrozenPlan::release() {
  if (memory_) ::munmap(memory_, kRoom);
  memory_ = nullptr;
}

template <typename T>
T* FrozenPlan::room(std::size_t count) {
  static_assert(std::is_trivially_destructible_v<T>);
  const std::size_t at = (used_ + alignof(T) - 1) / alignof(T) * alignof(T);
  if (count > (kRoom - at) / sizeof(T)) throw Error("the plan of this run is too large");
  used_ = at + count * sizeof(T);
  T* const first = reinterpret_cast<T*>(memory_ + at);
  std::uninitialized_value_construct_n(first, count);
  return first;
}

template <typename T>
const T* FrozenPlan::copy(const std::vector<T>& values) {
  T* const all = room<T>(values.size());
  std::copy(values.begin(), values.end(), all);
  return all;
}

const char* FrozenPlan::text(const std::string& value) {
  char* const all = room<char>(value.size() + 1);
  std::copy(value.begin(), value.end(), all);
  return all;
}

const char** FrozenPlan::texts(const std::vector<std::string>& values) {
  const char** const all = room<const char*>(values.size() + 1);
  std::transform(values.begin(), values.end(), all, [this](const std::string& value) { return text(value); });
  return all;
}

void FrozenPlan::fill(const Plan& plan, const std::vector<sock_filter>& filter,
                      const std::vector<sock_filter>& listened) {
  fill_mounts(plan);
  fill_command(plan);
  fill_limits(plan);
  fill_landlock(plan);
  child::Frozen& frozen = *frozen_;
  frozen.filter_flags = plan.policy.filter_flags;
  frozen.cgroup_view = plan.cgroup.wanted;
  frozen.hostname = text(plan.identity.hostname);
  frozen.uid = plan.identity.uid;
  frozen.gid = plan.identity.gid;
  frozen.drop_groups = plan.identity.range;
  frozen.root_semantics = plan.identity.uid == 0;
  // Changed ids would make pid 1 undumpable, whose namespaces are opened later. What a sanitizer puts between
  // libc's functions and their callers keeps more for a thread than those do.
  frozen.may_share = linked_statically() && is_ours(plan.identity.uid, plan.identity.uid_map, ::geteuid()) &&
                     is_ours(plan.identity.gid, plan.identity.gid_map, ::getegid());
  for (const std::string& name : plan.policy.capabilities)
    frozen.keep_capabilities |= std::uint64_t{1} << capability_number(name);
  frozen.tty = plan.tty;
  if (!plan.policy.apparmor.empty()) {
    frozen.exec_label = text("exec " + plan.policy.apparmor);
    frozen.exec_label_path = "/proc/self/attr/apparmor/exec";
  } else if (!plan.policy.selinux_label.empty()) {
    frozen.exec_label = text(plan.policy.selinux_label);
    frozen.exec_label_path = "/proc/self/attr/exec";
    frozen.label_reads_back = true;
  }
  frozen.filter = program(filter);
  frozen.listened_filter = program(listened);
}

sock_fprog FrozenPlan::program(const std::vector<sock_filter>& filter) {
  return {static_cast<unsigned short>(filter.size()), const_cast<sock_filter*>(copy(filter))};
}

void FrozenPlan::fill_mounts(const Plan& plan) {
  const std::size_t count = plan.view.steps.size();
  child::Mount* mount = room<child::Mount>(count);
  frozen_->mounts = mount;
  frozen_->mount_count = count;
  for (const MountStep& step : plan.view.steps)
    *mount++ = {.kind = kind_of(step.kind),
                .writable = step.writable,
                .may_be_gone = step.may_be_gone || step.optional,
                .optional = step.optional,
                .mode = step.mode,
                .size = step.size,
                .source = text(step.source),
                .destination = text(step.destination)};
  frozen_->source_fds = room<int>(count);
  std::fill_n(frozen_->source_fds, count, -1);
}

void FrozenPlan::fill_command(const Plan& plan) {
  std::vector<std::string> candidates;
  const std::string& command = plan.command.front();
  if (command.find('/') != std::string::npos) {
    candidates.push_back(command);
  } else if (!command.empty()) {
    for (const std::string& folder : plan.search_path)
      candidates.push_back((folder.empty() ? "." : folder) + "/" + command);
  }
  const char* const* const argv = texts(plan.command);
  const char** const shell_argv = room<const char*>(plan.command.size() + 2);
  shell_argv[0] = "/bin/sh";
  std::copy(argv + 1, argv + plan.command.size(), shell_argv + 2);
  frozen_->argv = argv;
  frozen_->envp = texts(plan.environment);
  frozen_->candidates = texts(candidates);
  frozen_->shell_argv = shell_argv;
  frozen_->workdir = text(plan.view.workdir);
  frozen_->kept_fds = copy(plan.fds);
  frozen_->kept_fd_count = plan.fds.size();
  frozen_->umask = ::umask(0);
  ::umask(frozen_->umask);
}

void FrozenPlan::fill_landlock(const Plan& plan) {
  const LandlockPlan& landlock = plan.policy.landlock;
  child::Landlock& frozen = frozen_->landlock;
  frozen.on = landlock.abi > 0;
  if (!frozen.on) return;
  const LandlockRights rights = landlock_rights(landlock.abi);
  frozen.handled_fs = rights.all;
  frozen.scoped = (landlock.scope_abstract ? kLandlockScopeAbstract : 0) |
                  (landlock.scope_signals ? kLandlockScopeSignal : 0);
  frozen.attribute_size = rights.attribute_size;
  std::vector<child::LandlockTree> trees;
  for (const LandlockPlan::Tree& tree : landlock.trees) {
    std::uint64_t granted = tree.write ? rights.write_tree : rights.read_tree;
    if (!tree.execute) granted &= ~rights.execute;
    trees.push_back({text(tree.path), granted, granted & rights.of_files});
  }
  // Devices are written and controlled, and a process writes to files of its own in /proc.
  trees.push_back({"/dev", rights.device, rights.device & rights.of_files});
  trees.push_back({"/proc", rights.device, rights.device & rights.of_files});
  std::vector<child::LandlockPort> ports;
  const auto only = [&](const std::vector<std::uint16_t>& allowed, std::uint64_t right) {
    if (!allowed.empty()) frozen.handled_net |= right;
    for (const std::uint16_t port : allowed) ports.push_back({right, port});
  };
  only(landlock.tcp_bind, kLandlockBindTcp);
  only(landlock.tcp_connect, kLandlockConnectTcp);
  frozen.ports = copy(ports);
  frozen.port_count = ports.size();
  frozen.read_file = rights.read_file;
  frozen.write_file = rights.write_file;
  frozen.trees = copy(trees);
  frozen.tree_count = trees.size();
}

void FrozenPlan::fill_limits(const Plan& plan) {
  std::vector<child::Rlimit> limits;
  for (const ResourceLimit& limit : plan.rlimits)
    limits.push_back({rlimit_number(limit.name), {limit.soft, limit.hard}});
  frozen_->rlimits = copy(limits);
  frozen_->rlimit_count = limits.size();
}

}  // namespace cloche
