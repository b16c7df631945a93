// Whether `cloche run` works here: it is run, with its defaults, and its own report is read. A table of
// probes can be wrong about that; this cannot.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace cloche::cli {

struct Verdict {
  bool works = false;
  std::string error, remedy;  ///< where it does not
  struct Lost {
    std::string feature, wanted, reason, remedy;
  };
  std::vector<Lost> lost;  ///< defaults that cannot be had here
};

/// Runs `cloche run -- true`. A run that takes longer than `patience` is killed, and does not work.
Verdict try_run(std::chrono::milliseconds patience);

/// What a finished run comes to: its report, and what it said on stderr.
Verdict verdict_from(const std::string& report, const std::string& said);

}  // namespace cloche::cli
