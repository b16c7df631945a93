// What `cloche doctor` found, as a table for people and as JSON for programs.
#pragma once

#include <string>
#include <vector>

#include "cli/doctor_verdict.h"
#include "host/probe.h"

namespace cloche::cli {

struct Section {
  std::string title;
  Findings findings;
};

struct Examination {
  Verdict verdict;
  std::vector<Section> sections;
};

/// Makes verdict and findings agree. A run that fails for a reason that no probe found gets a finding of its
/// own, and nothing blocks where the run worked.
void reconcile(Examination& examination);

/// At most 80 columns, but for commands of root's, which are one line each so that they can be pasted.
std::string examination_text(const Examination& examination, bool colour);
/// Schema version 1, cloche-doctor(1).
std::string examination_json(const Examination& examination);

}  // namespace cloche::cli
