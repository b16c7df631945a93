// Limits as control files of a cgroup: written, read back, and an error where what is in force is not what
// was asked for. Nothing is ever silently absent. (plan/limit_files.h makes them from what was asked.)
#pragma once

#include <string>
#include <vector>

#include "cgroup/directory.h"

namespace cloche {

struct LimitFile {
  std::string option;      ///< "--memory", for the error
  std::string controller;  ///< "memory"
  std::string file;        ///< "memory.max"
  std::string value;
  bool operator==(const LimitFile&) const = default;
};

/// Which controllers `files` need, each once.
std::vector<std::string> controllers_of(const std::vector<LimitFile>& files);

/// Writes one and reads it back. Throws Error naming the option, the file and what is in force instead.
void apply(const CgroupDirectory& cgroup, const LimitFile& limit);

}  // namespace cloche
