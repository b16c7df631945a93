// The sandboxes that run now, for `cloche ps` and those who act on one: a file each in a folder of the
// user's.
//
//   Registration entry(registry_folder(facts), "make-17");   // the name is ours, or Error
//   entry.record({...});                                      // once it runs
//   for (const RunningSandbox& one : running_sandboxes(folder)) …
//
// Whoever runs a sandbox holds a lock (flock(2)) on its file. The kernel drops it with the last process, so
// an entry whose lock is free is stale whatever happened to its owner, and no pid is ever trusted for that.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/pidfd.h"

namespace cloche {

struct RunningSandbox {
  std::string name;
  std::vector<std::string> command;
  pid_t supervisor = -1;           ///< cloche itself
  pid_t init = -1;                 ///< pid 1 of the sandbox, as the host numbers it
  std::uint64_t init_started = 0;  ///< clock ticks since boot, /proc/PID/stat: tells a reused number
  std::int64_t started = 0;        ///< seconds since 1970
  std::string cgroup;              ///< of the payload; empty: it has none
  std::string plan;                ///< JSON
  std::string entry;               ///< JSON (sandbox/doors.h); empty: it cannot be entered
  bool operator==(const RunningSandbox&) const = default;
};

/// $XDG_RUNTIME_DIR/cloche, or without a runtime folder ~/.local/state/cloche.
std::string registry_folder(const std::string& runtime_directory, const std::string& home);
/// Once one's file there is gone. Where nobody else runs, a folder in a runtime folder goes. That below the
/// home stays, as a program's folder of state does: it lies on a disk, and one that is told at once of the
/// blocks that are free again (ext4 mounted with discard) keeps rmdir(2) waiting for 0.5 ms, a tenth of a
/// short run.
void leave_registry(const std::string& folder);

/// An open file of the registry with a lock on it.
struct LockedFile {
  Fd file;            ///< nothing where the folder or the file cannot be made
  bool busy = false;  ///< because somebody else holds the lock
};

/// Makes the file at `path` in the registry where it is missing and takes the lock, LOCK_EX or LOCK_SH. What
/// somebody holds for a moment is waited for.
LockedFile lock_file(const std::string& folder, const std::string& path, int lock);

/// A name taken for the life of this object. Where the folder cannot be made (a read-only home) there is no
/// entry, held() is false and nothing else changes: the sandbox is only not listed.
class Registration {
 public:
  /// Throws Error when a sandbox of that name runs already.
  Registration(std::string folder, const std::string& name);
  ~Registration();
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  bool held() const { return static_cast<bool>(file_); }
  /// Writes the entry; one that is not written yet is not listed.
  void record(const RunningSandbox& sandbox);

 private:
  std::string folder_, path_;
  Fd file_;
};

/// What runs, by name. Stale entries are removed on the way.
std::vector<RunningSandbox> running_sandboxes(const std::string& folder);
/// The one of that name. Throws Error that names those there are.
RunningSandbox running_sandbox(const std::string& folder, const std::string& name);

/// The start time of a process in clock ticks since boot; 0 where there is none.
std::uint64_t start_time(pid_t pid);
/// Its pid 1, held. Throws Error when it is gone.
Process held_init(const RunningSandbox& sandbox);
/// False as soon as it has ended, even before anybody has reaped it.
bool is_running(const Process& process);

}  // namespace cloche
