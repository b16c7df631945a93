// What `cloche profile show` prints: every value that holds under some profiles, with where it came from.
#pragma once

#include <string>
#include <vector>

#include "policy/filter.h"
#include "spec/profiles.h"

namespace cloche::cli {

/// One value in force. `said` is empty for a default.
struct ProfileValue {
  const ProfileKey* key = nullptr;
  std::string value;
  const Said* said = nullptr;
};

/// By section; within one, what is said once before lists, and lists in the order in which they are applied.
/// `loaded` has to live on.
std::vector<ProfileValue> values_in_force(const LoadedProfiles& loaded);

/// As a profile reads, a line a value, each with its origin.
std::string values_text(const LoadedProfiles& loaded);
std::string values_json(const LoadedProfiles& loaded);

/// A line a system call of this machine: name, number, group, verdict.
std::string verdicts_text(const FilterPolicy& policy);
std::string verdicts_json(const FilterPolicy& policy);

/// The program as one instruction a line, with the calls named.
std::string program_text(const std::vector<sock_filter>& program);
std::string program_json(const std::vector<sock_filter>& program);

/// A JSON Schema of profiles, from the table of keys.
std::string profile_schema();

}  // namespace cloche::cli
