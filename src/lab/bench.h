// The tools on the lab's bench: processes that never outlive the experiment, namespaces to stand in, a cgroup
// that the user's systemd gives, and cells in it with limits that were read back.
#pragma once

#include <sched.h>
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "cgroup/directory.h"
#include "lab/situation.h"

namespace cloche::lab {

using Act = std::function<void()>;

/// A forked child that dies with whoever made it. It does `first`, says that it has, and waits; with go() it
/// does `then` and ends. The destructor kills it.
class Child {
 public:
  explicit Child(const Act& first, const Act& then = {});
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  /// Waits until `first` is done. Throws what it threw there, and where it ended in it.
  void ready();
  void go();
  /// What wait(2) says of its end. Throws what it threw.
  int wait();
  void kill();

 private:
  void reap();
  pid_t pid_ = -1;
  Fd said_, go_;
  int status_ = 0;
};

/// Does `act` in a child and waits for its end: what wait(2) says of it.
int in_child(const Act& act);

/// All but the user namespace, which is always new, and time, which only children enter.
inline constexpr int kEveryNamespace =
    CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWCGROUP;

/// Puts this process into a new user namespace, in which it is root of its one id, and into `kinds`
/// (CLONE_NEW…); throws Error. A pid namespace holds the children that it makes from then on.
void enter_namespaces(int kinds);
/// Does `act` in a child that has entered; in a pid namespace as its process 1. An Error is thrown here too.
void in_namespaces(int kinds, const Act& act);

/// Those of /proc/self/ns that differ from `before`: "user uts".
std::vector<std::string> namespace_links();
std::string changed_since(const std::vector<std::string>& before);

/// Writes a text to a file of /proc: 0 or the errno.
int write_proc(const std::string& path, const std::string& text);
/// A file without a name, which nobody has to remove.
Fd nameless_file();

/// The cgroup of a process in the v2 tree, as /proc/PID/cgroup has it.
std::string cgroup_of(pid_t pid);

/// A scope of the user's systemd around a process.
struct Scope {
  std::string unit, job;
  CgroupDirectory cgroup;
};
/// Asks for it and waits for the job. Throws Error with what systemd answered.
Scope ask_for_scope(const Situation& s, pid_t pid);

/// Inside a scope: this process in a leaf of its own, the controllers switched on beside it, and one cgroup,
/// the cell, for what is to be held. The destructor kills and removes what is in it.
class Cell {
 public:
  Cell(const Situation& s, const std::vector<std::string>& controllers);
  ~Cell();
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;

  const CgroupDirectory& cgroup() const { return cell_; }
  /// Writes a limit and reads it back. Throws Error unless it is in force: nothing dangerous goes on without.
  void limit(const std::string& file, const std::string& value) const;
  /// Called by a child: moves it into the cell, and throws unless /proc says that it is there.
  void join() const;

 private:
  CgroupDirectory scope_, cell_;
};

/// Calls `look` every `period` until `end` is over or it returns false.
void watch_for(std::chrono::milliseconds end, std::chrono::milliseconds period,
               const std::function<bool(double seconds)>& look);

}  // namespace cloche::lab
