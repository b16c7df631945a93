// Every weakening of the policy has a name, which --allow takes: whoever reads a command line or a profile
// finds all exceptions by that word.
#pragma once

#include <span>
#include <string>

namespace cloche {

struct Weakening {
  const char* token;
  const char* allows;  ///< exactly what
  const char* costs;   ///< what an attacker inside gains
  bool in_filter;      ///< it changes the filter of system calls
  const char* groups;  ///< groups of system calls it allows, separated by blanks; "" for none
};

std::span<const Weakening> weakenings();

/// Throws UsageError that names the nearest token where `token` is none.
const Weakening& weakening(const std::string& token);

}  // namespace cloche
