// A sandbox's pid 1 from its clone to its plan. What is the same for every plan is not waited for: the child
// makes its network, and the helpers map its ids, while cloche still plans.
//
//   Newborn child(true, -1);                      // in its namespaces
//   child.map_ids(identity_of(spec, facts));      // the helpers run ...
//   const Plan plan = resolve(spec, facts);       // ... while this process plans
//   child.frozen().fill(plan, filter, listened);
//   child.tell_plan();                            // it builds the view
//
// The child ends with this object, whatever had become of it.
#pragma once

#include <memory>

#include "base/pidfd.h"
#include "child/messages.h"
#include "child/processors.h"
#include "sandbox/freeze.h"
#include "sandbox/id_maps.h"

namespace cloche {

class Newborn {
 public:
  /// clone3 with a pidfd into new user and pid namespaces; the child runs child::init_main(), which makes the
  /// others, that of the network with `own_network`, and has none of this process's heap. `cgroup`, unless it
  /// is -1, is the descriptor of the one that it is to be born in; in_cgroup() tells whether the kernel let
  /// it. The signals that cloche hands on are blocked from here on, and the two processes run on different
  /// processors where there are two, until finish_maps(). Throws Error that names what stands in the way.
  Newborn(bool own_network, int cgroup);
  ~Newborn() { end(); }
  Newborn(const Newborn&) = delete;
  Newborn& operator=(const Newborn&) = delete;

  bool in_cgroup() const { return in_cgroup_; }
  /// Whether what it has begun with is what the plan says.
  bool fits(const Plan& plan) const;

  /// Begins to map the ids, unless that has been begun.
  void map_ids(const IdentityPlan& identity);
  /// Waits for the maps and tells the child. This process may run on every processor again.
  void finish_maps();
  /// A helper may still be ending when its map is there.
  void reap_helpers() { maps_.reset(); }

  FrozenPlan& frozen() { return frozen_; }
  void tell_plan() { say({child::Say::planned, 0, 0}); }

  bool say(const child::Message& message, int fd = -1) {
    return child::send_message(control_.get(), message, fd);
  }
  bool hear(child::Message& message, int* fd = nullptr) {
    return child::receive_message(control_.get(), message, fd);
  }
  int control() const { return control_.get(); }
  const child::Failure& failure() const { return frozen_.failure(); }
  Process& process() { return process_; }

  /// Kills what is left of it. Pid 1 takes its whole namespace with it, and is waited for only when that is
  /// empty. One that systemd is asked to move may leave its cgroup first (child/fail.h), if it is quick.
  void end();

 private:
  const child::Processors& processors() const { return frozen_.value().processors; }

  FrozenPlan frozen_;
  Fd control_;
  Process process_;
  bool in_cgroup_;
  IdentityPlan identity_;
  std::unique_ptr<IdMaps> maps_;
};

}  // namespace cloche
