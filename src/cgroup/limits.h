// Limits of the command line as control files of a cgroup: written, read back, and an error where what is in
// force is not what was asked for. Nothing is ever silently absent.
#pragma once

#include <string>
#include <vector>

#include "cgroup/directory.h"
#include "spec/spec.h"

namespace cloche {

struct LimitFile {
  std::string option;      ///< "--memory", for the error
  std::string controller;  ///< "memory"
  std::string file;        ///< "memory.max"
  std::string value;
  bool operator==(const LimitFile&) const = default;
};

/// In the order they are to be written. A block device is looked up here: throws Error where it is none.
std::vector<LimitFile> limit_files(const LimitsSpec& limits);

/// Which controllers `files` need, each once.
std::vector<std::string> controllers_of(const std::vector<LimitFile>& files);

/// Writes one and reads it back. Throws Error naming the option, the file and what is in force instead.
void apply(const CgroupDirectory& cgroup, const LimitFile& limit);

}  // namespace cloche
