// A plan as JSON: what --dry-run prints, `cloche inspect` shows and tests compare.
#pragma once

#include <string>

#include "plan/plan.h"

namespace cloche {

/// Indented JSON, every key always there in the same order; a value that is not set is null.
std::string to_json(const Plan& plan);

}  // namespace cloche
