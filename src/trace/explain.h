// What of an observed run's failures was the sandbox's doing: judged, folded, and in the order in which they
// were last seen, so that the likeliest cause of a failed run comes last, next to the prompt.
#pragma once

#include <string>
#include <vector>

#include "trace/judge.h"

namespace cloche {

struct Explained {
  Cause cause;
  std::string call;
  std::string object;  ///< the path, the address, or the arguments
  int error = 0;
  std::uint64_t count = 0;
  std::size_t objects = 1;  ///< how many of one folder were folded into this; `object` is that folder then
  std::string process;      ///< the first
  std::uint64_t last = 0;
  bool operator==(const Explained&) const = default;
};

std::vector<Explained> explain(const Plan& plan, const Log& log, const Outside& outside);

}  // namespace cloche
