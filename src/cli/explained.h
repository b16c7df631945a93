// What --explain found, told: on stderr after the run, in the report and on its page.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sandbox/outcome.h"
#include "trace/explain.h"

namespace cloche::cli {

/// What of an observed run was the sandbox's doing: the failures judged, and after them the refused calls.
std::vector<Explained> explained(const Plan& plan, const Outcome& outcome, const std::string& home);

/// Two lines a cause, what it was and what would allow it; the likeliest last.
std::string explained_text(const std::vector<Explained>& explained);
/// One line a cause.
std::vector<std::string> explained_lines(const std::vector<Explained>& explained);
/// null where nobody observed it.
nlohmann::ordered_json explained_json(const std::optional<std::vector<Explained>>& explained);

}  // namespace cloche::cli
