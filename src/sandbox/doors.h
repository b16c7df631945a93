// The way into a sandbox that runs: its namespaces, held open by the cloche that runs it, and what of the
// first payload's start the plan does not say. `cloche exec` comes through here.
//
//   Doors doors(init, net);                     // before pid 1 makes itself unreadable
//   entry.record({…, .entry = doors.note(filter)});
//   …                                           // in another process, later:
//   OpenDoors open = open_doors(running_sandbox(folder, "make-17"));
//
// Pid 1 is not dumpable, so that /proc/PID/ns is closed to its own user; the descriptors of the supervisor,
// a process of the user's, are not. What a note says is believed only as far as the kernel confirms it: every
// namespace is the one that was noted, belongs to the noted user namespace, and that one is the caller's
// but not where the caller lives.
#pragma once

#include <linux/filter.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "child/frozen.h"
#include "sandbox/registry.h"

namespace cloche {

class Doors {
 public:
  /// Opens the namespaces of `init`; `net`: it has a network of its own, else it shares the caller's. Where
  /// one cannot be opened, the sandbox runs all the same and cannot be entered.
  Doors(pid_t init, bool net);
  Doors(const Doors&) = delete;
  Doors& operator=(const Doors&) = delete;
  /// Nobody comes in any more. For when pid 1 is about to end: it is to be the last that holds the mounts,
  /// and takes them down. Where this process were the last, that would be done here, and what was a mount
  /// point meanwhile would be slow to remove. The other namespaces the kernel's workers take down, and would
  /// take a processor from the two that end: they are held as long as the Doors.
  void close_mounts() {
    if (!held_.empty()) held_.back().fd.reset();  // the last to be entered
  }
  /// JSON for the registry, empty where there is no way in. `filter` is what a further payload gets: one that
  /// asks no listener.
  std::string note(const std::vector<sock_filter>& filter) const;

 private:
  struct Held {
    std::string name;
    Fd fd;
  };
  std::vector<Held> held_;
  bool net_;
};

struct OpenDoors {
  std::vector<Fd> fds;
  std::vector<child::Door> list;  ///< in the order of entering: the user namespace first
  std::vector<sock_filter> filter;
  mode_t umask = 022;
  /// The limits that the first payload inherited, by number: no further payload gets more.
  std::vector<child::Rlimit> inherited;
};

/// Throws Error where the sandbox cannot be entered, or not be trusted to be what was noted.
OpenDoors open_doors(const RunningSandbox& sandbox);

}  // namespace cloche
