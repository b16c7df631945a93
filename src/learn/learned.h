// What was learned of a command from one run or several: rules with their evidence, as a plain value between
// the observation (generalise.h) and the profile's text (profile_text.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "plan/plan.h"
#include "trace/act.h"
#include "trace/outside.h"

namespace cloche {

/// How often it was seen, and by whom first.
struct Seen {
  std::uint64_t count = 0;
  std::string process;
  std::string why;  ///< of what is not granted: the reason
  bool operator==(const Seen&) const = default;
};
using Rules = std::map<std::string, Seen>;

struct Learned {
  std::uint64_t runs = 1;
  std::string description;
  std::vector<std::string> extends;  ///< the profiles that it was learned over
  std::string here = "none";         ///< rw, ro or none: what the current folder was needed for
  Rules ro;                          ///< paths, with $HOME where they are in the home
  Rules not_granted;                 ///< an option and what it is for: told, but left to a person
  Rules calls;                       ///< system calls by name
  bool network = false;              ///< the host's, and it was used
  Rules tcp_connect, tcp_bind;       ///< ports
  std::optional<std::uint64_t> memory_peak, tasks_peak;
  bool operator==(const Learned&) const = default;
};

/// Union of rules; counts add up, peaks are the higher ones.
Learned merged(const Learned& earlier, const Learned& later);

}  // namespace cloche
