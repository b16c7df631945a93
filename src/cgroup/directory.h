// A cgroup held by its directory's descriptor: limits, figures, freezing, killing, removing. The descriptor
// stays the same cgroup whatever happens to its path. See the kernel's cgroup-v2.rst.
#pragma once

#include <string>
#include <vector>

#include "base/fd.h"
#include "cgroup/figures.h"

namespace cloche {

class CgroupDirectory {
 public:
  CgroupDirectory() = default;
  /// Opens an existing cgroup. Throws Error naming it.
  explicit CgroupDirectory(const std::string& path);
  /// Makes `name` below this one and opens it.
  CgroupDirectory make_child(const std::string& name) const;

  explicit operator bool() const { return static_cast<bool>(fd_); }
  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }

  /// Names in cgroup.controllers: what can be switched on below.
  std::vector<std::string> controllers() const;
  /// Switches `controller` on for the children: 0, or the errno (ENOENT: not delegated, EBUSY: processes
  /// here).
  [[nodiscard]] int enable(const std::string& controller) const;
  /// Writes one control file; 0 or the errno.
  [[nodiscard]] int write(const std::string& file, const std::string& text) const;
  /// A control file's text without its last newline; "" where there is none.
  std::string read(const std::string& file) const;
  /// Moves a process here: 0 or the errno.
  [[nodiscard]] int adopt(pid_t pid) const;

  Figures figures() const;
  /// Reads each file once: cheap enough to be asked for many times a second.
  Usage usage() const;
  /// The number behind `key` in a flat-keyed file such as cpu.stat.
  std::optional<std::uint64_t> number(const std::string& file, const std::string& key = {}) const;
  bool populated() const;

  /// SIGKILL to every process of the tree: cgroup.kill, or before Linux 5.14 one by one until none is left.
  void kill() const;
  /// Removes the child `name`, which must hold no process: 0 or the errno.
  int remove_child(const std::string& name) const;

 private:
  Fd fd_;
  std::string path_;
};

}  // namespace cloche
