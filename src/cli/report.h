// An outcome told: as the report (JSON, schema version 1 of the design), and as a table for a person.
#pragma once

#include <string>

#include "plan/plan.h"
#include "sandbox/outcome.h"

namespace cloche::cli {

/// The report. A figure that is not known is null, never 0.
std::string report_json(const Plan& plan, const Outcome& outcome);
/// What --summary prints.
std::string summary_text(const Plan& plan, const Outcome& outcome, bool colour);
/// "timed out after 2 s", "killed by SIGSEGV": why it ended, in a few words.
std::string reason_words(const Plan& plan, const Outcome& outcome);

}  // namespace cloche::cli
