// A plan as the plain structs that the child works through, in memory that both see: the child may have been
// cloned before there was a plan. Nothing in it is freed or moved before the whole; nothing the child writes
// there is believed, but for the failure record.
//
//   FrozenPlan frozen;                              // before the clone
//   frozen.fill(plan, filter, listened);            // before or after it; the child is told when it is whole
#pragma once

#include <linux/filter.h>

#include <cstddef>
#include <string>
#include <vector>

#include "child/frozen.h"
#include "plan/plan.h"

namespace cloche {

class FrozenPlan {
 public:
  FrozenPlan();
  ~FrozenPlan() { release(); }
  FrozenPlan(const FrozenPlan&) = delete;
  FrozenPlan& operator=(const FrozenPlan&) = delete;

  /// `filter` is empty for no filter. `listened` says the same and asks a listener about what it refuses,
  /// which comes back over the control socket; empty: nobody listens. What is not the plan's stays as it is.
  void fill(const Plan& plan, const std::vector<sock_filter>& filter,
            const std::vector<sock_filter>& listened = {});

  /// Pid 1 is about to be moved out of this cgroup.
  void leave(const std::string& cgroup) { frozen_->cgroup_to_leave = text(cgroup); }

  /// Lets the memory go, and nothing of it may be asked for afterwards; the child keeps what it sees of it.
  void release();

  child::Frozen& value() { return *frozen_; }
  const child::Frozen& value() const { return *frozen_; }
  const child::Failure& failure() const { return *frozen_->failure; }

 private:
  void fill_mounts(const Plan& plan);
  void fill_command(const Plan& plan);
  void fill_limits(const Plan& plan);
  void fill_landlock(const Plan& plan);

  /// Room for so many of T, zeroed. Throws Error where the plan is larger than any that can be run.
  template <typename T>
  T* room(std::size_t count);
  template <typename T>
  const T* copy(const std::vector<T>& values);
  const char* text(const std::string& value);
  sock_fprog program(const std::vector<sock_filter>& filter);
  /// Null-terminated, as execve(2) takes them.
  const char** texts(const std::vector<std::string>& values);

  std::byte* memory_;
  std::size_t used_ = 0;
  child::Frozen* frozen_;
};

}  // namespace cloche
