// A run told as one HTML page: why it ended, what it used over time and under which limits, what was refused
// and what could not be had. Nothing is fetched and nothing runs in it; it reads on a phone, on paper, by day
// and by night.
#pragma once

#include <string>

#include "plan/plan.h"
#include "sandbox/outcome.h"

namespace cloche::cli {

/// Everything that came from the run is escaped. Well-formed as XML too.
std::string page_html(const Plan& plan, const Outcome& outcome);

/// What every page of cloche's begins with, up to <main>, and what it ends with.
std::string page_head(const std::string& title, const std::string& more_style = {});
std::string page_foot();

}  // namespace cloche::cli
