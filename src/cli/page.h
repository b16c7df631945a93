// A run told as one HTML page: why it ended, what it used over time and under which limits, what was refused
// and what could not be had. Nothing is fetched and nothing runs in it; it reads on a phone, on paper, by day
// and by night.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plan/plan.h"
#include "sandbox/outcome.h"

namespace cloche::cli {

/// `refused`: a line for each kind of call; none where nobody listened. Everything that came from the run is
/// escaped. Well-formed as XML too.
std::string page_html(const Plan& plan, const Outcome& outcome,
                      const std::optional<std::vector<std::string>>& refused);

}  // namespace cloche::cli
