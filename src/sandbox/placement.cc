#include "sandbox/placement.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "plan/limit_files.h"

namespace cloche {

Placement::Placement(const Plan& plan, pid_t pid) : plan_(plan), pid_(pid) {
  if (!plan.cgroup.wanted) return;
  or_degrade([this] { begin(); });
}

Placement::~Placement() {
  remove();
}

template <typename Step>
void Placement::or_degrade(Step step) {
  try {
    step();
  } catch (const Error& error) {
    request_.reset();
    if (plan_.cgroup.required) throw;
    const bool only_default = plan_.cgroup.tasks_by_default && limits_.size() <= 1;
    degradation_ = Degradation{only_default ? "tasks-limit" : "limits",
                               only_default ? fmt::format("a limit of {} tasks", *plan_.cgroup.limits.tasks)
                                            : "the limits that were asked for",
                               error.what(), error.remedy()};
  }
}

void Placement::begin() {
  limits_ = limit_files(plan_.cgroup.limits);
  const PlaceFacts facts = {plan_.cgroup.own_cgroup, plan_.cgroup.runtime_directory, plan_.cgroup.bus_address,
                            plan_.cgroup.user};
  own_ = delegated_here(facts);
  if (own_) {
    made_ = fmt::format("cloche-{}-{}", plan_.name, ::getpid());
    return settle(make_room(*own_, made_, limits_));
  }
  const auto addresses = manager_addresses(facts);
  if (addresses.empty()) throw why_no_place(facts);
  request_ =
      std::make_unique<ScopeRequest>(addresses, fmt::format("cloche-{}.scope", plan_.name),
                                     "cloche: " + printable(shell_line(plan_.command)).substr(0, 200), pid_);
}

void Placement::process() {
  or_degrade([this] {
    request_->process();
    if (!request_->done()) return;
    request_.reset();
    settle(scope_directory());
  });
}

CgroupDirectory Placement::scope_directory() const {
  // Never from the unit's name: the kernel says where the child is.
  for (const std::string& line : split(read_file(fmt::format("/proc/{}/cgroup", pid_)), '\n'))
    if (line.starts_with("0::") && line.find("cloche-" + plan_.name + ".scope") != std::string::npos)
      return CgroupDirectory(cgroup_mount() + line.substr(3));
  throw Error("systemd said that the scope is there, but the sandbox is not in it",
              "check: systemctl --user status");
}

void Placement::settle(CgroupDirectory parent) {
  // A default that cannot be had costs neither the cgroup nor its figures.
  const auto there = parent.controllers();
  if (plan_.cgroup.tasks_by_default && std::find(there.begin(), there.end(), "pids") == there.end()) {
    std::erase_if(limits_, [](const LimitFile& limit) { return limit.controller == "pids"; });
    degradation_ = Degradation{"tasks-limit", fmt::format("a limit of {} tasks", *plan_.cgroup.limits.tasks),
                               "the cgroup controller pids is not delegated to you", delegation_remedy()};
  }
  cgroups_ = std::make_unique<RunCgroups>(std::move(parent), pid_, limits_);
}

void Placement::remove() {
  if (cgroups_) remove_run_cgroups(cgroups_->parent());
  cgroups_.reset();
  if (!own_ || made_.empty()) return;
  if (const Fd there = open_if_there(own_->fd(), made_, O_PATH))
    remove_run_cgroups(CgroupDirectory(own_->path() + "/" + made_));
  for (int tries = 0; tries < 200 && own_->remove_child(made_) == EBUSY; ++tries) ::usleep(1000);
  made_.clear();
}

}  // namespace cloche
