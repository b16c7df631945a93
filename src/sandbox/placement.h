// The cgroup of one run, from the plan's wish to the payload's directory: asked for while the child builds
// its view, without blocking the loop.
#pragma once

#include <memory>
#include <optional>

#include "cgroup/place.h"
#include "plan/plan.h"

namespace cloche {

class Placement {
 public:
  /// Begins for the child `pid`. Nothing is begun where the plan wants no cgroup, or where none can be had
  /// and it is only a default: then `degradation` says so. Throws Error where a limit was asked for.
  Placement(const Plan& plan, pid_t pid);
  ~Placement();
  Placement(const Placement&) = delete;
  Placement& operator=(const Placement&) = delete;

  /// Whether systemd's answer is waited for: watch fd() and events(), call process() when they are ready.
  bool waiting() const { return static_cast<bool>(request_); }
  int fd() const { return request_->fd(); }
  int events() const { return request_->events(); }
  void process();

  /// The payload's cgroup; null where there is none.
  const CgroupDirectory* payload() const { return cgroups_ ? &cgroups_->payload() : nullptr; }
  const std::optional<Degradation>& degradation() const { return degradation_; }
  void remove();

 private:
  void begin();
  void settle(CgroupDirectory parent);
  /// A wish that cannot be met is thrown; a default becomes a degradation.
  template <typename Step>
  void or_degrade(Step step);
  CgroupDirectory scope_directory() const;

  const Plan& plan_;
  pid_t pid_;
  std::vector<LimitFile> limits_;
  std::unique_ptr<ScopeRequest> request_;
  std::optional<CgroupDirectory> own_;
  std::string made_;  ///< what was made below own_
  std::unique_ptr<RunCgroups> cgroups_;
  std::optional<Degradation> degradation_;
};

}  // namespace cloche
