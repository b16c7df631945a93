#include "sandbox/placement.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cgroup/keeper.h"
#include "plan/limit_files.h"

namespace cloche {

bool is_place_at_hand(const std::string& own_cgroup) {
  if (cgroup_mount().empty()) return false;
  const PlaceFacts facts = {.own_cgroup = own_cgroup};
  return delegated_here(facts) || keeper::place(facts);
}

bool will_ask_systemd(const PlaceFacts& facts, bool named) {
  if (manager_addresses(facts).empty()) return false;
  return !delegated_here(facts) && (named || !keeper::place(facts));
}

Placement::Placement(const CgroupPlan& plan, const std::string& name, const std::vector<std::string>& command)
    : plan_(plan),
      name_(name),
      description_("cloche: " + printable(shell_line(command)).substr(0, 200)),
      facts_{plan.own_cgroup, plan.runtime_directory, plan.bus_address, plan.user} {
  if (!plan.wanted) return;
  limits_ = limit_files(plan.limits);
  or_degrade([this] { take_place(); });
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
    if (plan_.required) throw;
    degrade(error);
  }
}

void Placement::degrade(const Error& why) {
  const bool only_default = plan_.tasks_by_default && limits_.size() <= 1;
  degradation_ = Degradation{only_default ? "tasks-limit" : "limits",
                             only_default ? fmt::format("a limit of {} tasks", *plan_.limits.tasks)
                                          : "the limits that were asked for",
                             why.what(), why.remedy()};
}

void Placement::take_place() {
  own_ = delegated_here(facts_);
  kept_ = !own_ && !plan_.own_scope;
  if (kept_) own_ = keeper::place(facts_);
  if (!own_) return;
  made_ = fmt::format("cloche-{}-{}", name_, ::getpid());
  try {
    const auto limits = limits_in(*own_);
    cgroups_ = std::make_unique<RunCgroups>(make_room(*own_, made_, limits), 0, limits);
  } catch (const Error&) {
    // The keeper may end at this very moment, or lack a controller; a scope tells what is really missing.
    if (!kept_) throw;
    degradation_.reset();
    leave_place();
  }
}

void Placement::begin(pid_t pid, bool born_there) {
  pid_ = pid;
  if (!plan_.wanted || born_there || (degradation_ && !cgroups_)) return;
  or_degrade([this] {
    if (kept_) leave_place();
    if (!own_) return ask_systemd();
    if (const int error = cgroups_->init().adopt(pid_))
      throw_errno(error, "cannot move the sandbox into the cgroup", cgroups_->init().path());
  });
}

void Placement::ask_systemd() {
  const auto addresses = manager_addresses(facts_);
  if (addresses.empty()) {
    const Error why = why_no_place(facts_);
    if (plan_.required) throw Error(why);
    return degrade(why);  // what every run on such a host meets: throwing takes a twentieth of its time
  }
  request_ =
      std::make_unique<ScopeRequest>(addresses, fmt::format("cloche-{}.scope", name_), description_, pid_);
  if (keeper::is_of_use(facts_) && !plan_.own_scope) keeper::ask(request_->bus());
}

void Placement::process() {
  or_degrade([this] {
    request_->process();
    if (!request_->done()) return;
    request_.reset();
    CgroupDirectory scope = scope_directory();
    const auto limits = limits_in(scope);
    cgroups_ = std::make_unique<RunCgroups>(std::move(scope), pid_, limits);
  });
}

CgroupDirectory Placement::scope_directory() const {
  // Never from the unit's name: the kernel says where the child is.
  for (const std::string& line : split(read_file(fmt::format("/proc/{}/cgroup", pid_)), '\n'))
    if (line.starts_with("0::") && line.find("cloche-" + name_ + ".scope") != std::string::npos)
      return CgroupDirectory(cgroup_mount() + line.substr(3));
  throw Error("systemd said that the scope is there, but the sandbox is not in it",
              "check: systemctl --user status");
}

void Placement::give_up(double silence) {
  or_degrade([&] {
    throw Error(fmt::format("your systemd did not answer within {:.0f} s", silence),
                "check: systemctl --user status");
  });
}

std::vector<LimitFile> Placement::limits_in(const CgroupDirectory& parent) {
  // A default that cannot be had costs neither the cgroup nor its figures.
  const auto there = parent.controllers();
  std::vector<LimitFile> limits = limits_;
  if (plan_.tasks_by_default && std::find(there.begin(), there.end(), "pids") == there.end()) {
    std::erase_if(limits, [](const LimitFile& limit) { return limit.controller == "pids"; });
    const Error why = no_controller("it", "pids");
    degradation_ = Degradation{"tasks-limit", fmt::format("a limit of {} tasks", *plan_.limits.tasks),
                               why.what(), why.remedy()};
  }
  return limits;
}

void Placement::remove() {
  if (cgroups_) remove_run_cgroups(cgroups_->parent());
  cgroups_.reset();
  leave_place();
}

void Placement::leave_place() {
  cgroups_.reset();
  if (own_ && !made_.empty()) {
    if (const Fd there = open_if_there(own_->fd(), made_, O_PATH))
      remove_run_cgroups(CgroupDirectory(own_->path() + "/" + made_));
    for (int tries = 0; tries < 200 && own_->remove_child(made_) == EBUSY; ++tries) ::usleep(1000);
  }
  own_.reset();
  made_.clear();
}

}  // namespace cloche
