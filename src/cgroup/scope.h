// A transient scope of the user's own systemd, asked for over D-Bus while the caller does other things.
//
//   ScopeRequest request(bus_addresses, "cloche-make-1.scope", "make", pid);
//   while (!request.done()) { poll(request.fd(), request.events()); request.process(); }
//   // pid is now in a cgroup of its own that belongs to the user (Delegate=yes)
//
// systemd can move a process where its owner cannot: out of a login session's scope, whose common ancestor
// with the user's manager belongs to root. See CGROUP_DELEGATION of systemd, and org.freedesktop.systemd1(5).
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "cgroup/manager.h"

namespace cloche {

class ScopeRequest {
 public:
  /// Connects to the first address that answers and sends the request. Throws Error.
  ScopeRequest(const std::vector<BusAddress>& addresses, const std::string& unit,
               const std::string& description, pid_t pid);
  ~ScopeRequest();
  ScopeRequest(const ScopeRequest&) = delete;
  ScopeRequest& operator=(const ScopeRequest&) = delete;

  int fd() const;
  /// POLLIN and POLLOUT, as poll(2) takes them.
  int events() const;
  /// Does what can be done without waiting. Throws Error with what systemd answered.
  void process();
  bool done() const { return done_; }
  sd_bus* bus() const { return bus_; }
  /// The job that made it, as systemd called it: "/org/freedesktop/systemd1/job/47".
  const std::string& job() const { return job_; }

 private:
  void send();
  static int on_job_removed(sd_bus_message* message, void* self, sd_bus_error*);
  static int on_reply(sd_bus_message* message, void* self, sd_bus_error*);
  static int on_match(sd_bus_message* message, void* self, sd_bus_error*);

  std::string unit_, description_, job_;
  pid_t pid_;
  sd_bus* bus_ = nullptr;
  bool done_ = false;
  std::string error_, remedy_;
};

/// While it lives, the caller does not die with its parent (PR_SET_PDEATHSIG), but at its end: of a process
/// that was dead when it came there, systemd keeps the scope for good.
class OutlivesParent {
 public:
  OutlivesParent();
  ~OutlivesParent();
  OutlivesParent(const OutlivesParent&) = delete;
  OutlivesParent& operator=(const OutlivesParent&) = delete;

 private:
  pid_t parent_;
};

}  // namespace cloche
