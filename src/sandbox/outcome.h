// How a run ended and what it used: a plain value, told as text, as JSON and as an exit status by cli/.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "cgroup/figures.h"
#include "plan/plan.h"
#include "sandbox/denials.h"
#include "sandbox/samples.h"
#include "trace/explain.h"

namespace cloche {

enum class Reason {
  exited,
  signaled,
  timeout,
  cpu_time,
  out_of_memory,
  setup_error,
  not_executable,
  not_found
};

/// The word of the report: "exited", "cpu-time" ...
const char* reason_word(Reason reason);

struct Outcome {
  Reason reason = Reason::setup_error;
  int exit_status = 125;
  std::optional<int> signal;  ///< that ended the command itself
  Duration wall{0};
  Figures figures;                             ///< unknown ones hold nothing
  std::vector<Sample> samples;                 ///< where they were asked for and there is a cgroup
  bool tasks_limited = false;                  ///< the tasks limit, which may be a default only, is in force
  std::optional<std::vector<Denial>> denials;  ///< none: nobody listened
  std::optional<Log> observed;                 ///< where it was traced
  std::optional<std::vector<Explained>> explained;
  std::vector<std::string> enforced;
  std::vector<Degradation> degraded;
  std::string error, remedy;  ///< for setup_error, not_executable, not_found
};

/// Fills in how a command ended: its wait status, or the errno that execve gave.
void conclude_status(Outcome& outcome, int status);
void conclude_exec(Outcome& outcome, const Plan& plan, int error);

}  // namespace cloche
