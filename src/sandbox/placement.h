// The cgroup of one run, from the plan's wish to the payload's directory: taken before the child is made
// where one is to be had at once, else asked for while the child builds its view, without blocking the loop.
//
//   Placement placement(plan.cgroup, plan.name, plan.command);
//   int cgroup = placement.init_cgroup();          // the child is cloned into it, or -1
//   placement.begin(child.pid, cgroup >= 0);
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cgroup/place.h"
#include "plan/plan.h"

namespace cloche {

/// Whether a child can be born in a cgroup: then it is worth waiting for the plan, which says with what
/// limits.
bool is_place_at_hand(const std::string& own_cgroup);

/// Whether a run asks systemd for its cgroup; `named`: it was given a name, under which systemd shows it.
bool will_ask_systemd(const PlaceFacts& facts, bool named);

class Placement {
 public:
  /// Takes a place in a delegated cgroup: the caller's own, or the one that is kept for unnamed runs.
  Placement(const CgroupPlan& plan, const std::string& name, const std::vector<std::string>& command);
  ~Placement();
  Placement(const Placement&) = delete;
  Placement& operator=(const Placement&) = delete;

  int init_cgroup() const { return cgroups_ ? cgroups_->init().fd() : -1; }
  /// Goes on for the child, which was born in init_cgroup() or not. Nothing is begun where the plan wants no
  /// cgroup, or where none can be had and it is only a default: then `degradation` says so. Throws Error
  /// where a limit was asked for.
  void begin(pid_t pid, bool born_there);

  /// Whether systemd's answer is waited for: watch fd() and events(), call process() when they are ready.
  bool waiting() const { return static_cast<bool>(request_); }
  int fd() const { return request_->fd(); }
  int events() const { return request_->events(); }
  void process();
  /// systemd has been silent for so many seconds: an Error where a limit was asked for, else a degradation.
  void give_up(double silence);

  /// The payload's cgroup; null where there is none.
  const CgroupDirectory* payload() const { return cgroups_ ? &cgroups_->payload() : nullptr; }
  /// It is a scope's, which systemd takes away when no process is left in it.
  bool goes_when_empty() const { return cgroups_ && !own_; }
  const std::optional<Degradation>& degradation() const { return degradation_; }
  void remove();

 private:
  void take_place();
  void ask_systemd();
  /// The limits that can be had below `parent`.
  std::vector<LimitFile> limits_in(const CgroupDirectory& parent);
  void leave_place();
  /// A wish that cannot be met is thrown; a default becomes a degradation.
  template <typename Step>
  void or_degrade(Step step);
  void degrade(const Error& why);
  CgroupDirectory scope_directory() const;

  CgroupPlan plan_;
  std::string name_, description_;  ///< of the run, and of its scope
  PlaceFacts facts_;
  pid_t pid_ = 0;  // none yet
  std::vector<LimitFile> limits_;
  std::unique_ptr<ScopeRequest> request_;
  std::optional<CgroupDirectory> own_;
  bool kept_ = false;  ///< own_ is the keeper's
  std::string made_;   ///< what was made below own_
  std::unique_ptr<RunCgroups> cgroups_;
  std::optional<Degradation> degradation_;
};

}  // namespace cloche
