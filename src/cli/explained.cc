#include "cli/explained.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "trace/outside.h"

namespace cloche::cli {
namespace {

// A screen's worth; the report has all of them.
constexpr std::size_t kMostTold = 20;

std::string layer_words(Layer layer) {
  std::string words = layer_word(layer);
  std::replace(words.begin(), words.end(), '-', ' ');
  return words;
}

/// "openat /home/anna/.ssh/config: ENOENT (cat, 3 times)"
std::string what(const Explained& row) {
  const bool call = row.object.starts_with('(');
  return fmt::format("{}{}{}{}: {} ({}{})", row.call, call ? "" : " ", printable(row.object),
                     row.objects > 1 ? fmt::format(", {} names in it", row.objects) : "",
                     row.error ? errno_name(row.error) : "no answer",
                     row.process.empty() ? "" : row.process + ", ",
                     row.count == 1 ? "once" : fmt::format("{} times", row.count));
}

std::string remedy(const Explained& row) {
  return row.cause.option.empty() ? "nothing allows it" : "to allow it: " + row.cause.option;
}

}  // namespace

std::vector<Explained> explained(const Plan& plan, const Outcome& outcome, const std::string& home) {
  std::vector<Explained> rows;
  if (outcome.observed) rows = explain(plan, *outcome.observed, outside_of(home));
  for (const Denial& denial : outcome.denials.value_or(std::vector<Denial>{})) {
    if (denial.syscall.empty()) continue;
    std::string arguments = call_text(denial.syscall, denial.arguments).substr(denial.syscall.size());
    rows.push_back({judge_refused_call(plan.policy, denial.syscall), denial.syscall, std::move(arguments),
                    denial.error, denial.count, 1, denial.process, 0});
  }
  return rows;
}

std::string explained_text(const std::vector<Explained>& explained) {
  if (explained.empty()) return "cloche: no failure was the sandbox's doing\n";
  std::string text = "cloche: what the sandbox made fail, the likeliest cause last\n";
  const std::size_t first = explained.size() > kMostTold ? explained.size() - kMostTold : 0;
  if (first) text += fmt::format("  {} more before these: see --report\n", first);
  for (std::size_t i = first; i < explained.size(); ++i) {
    const Explained& row = explained[i];
    text += fmt::format("  {}: {}\n    {}\n    {}\n", layer_words(row.cause.layer), what(row), row.cause.why,
                        remedy(row));
  }
  return text;
}

std::vector<std::string> explained_lines(const std::vector<Explained>& explained) {
  std::vector<std::string> lines;
  for (const Explained& row : explained)
    lines.push_back(
        fmt::format("{}: {}. {}; {}", layer_words(row.cause.layer), what(row), row.cause.why, remedy(row)));
  return lines;
}

nlohmann::ordered_json explained_json(const std::optional<std::vector<Explained>>& explained) {
  using Json = nlohmann::ordered_json;
  if (!explained) return nullptr;
  Json rows = Json::array();
  for (const Explained& row : *explained)
    rows.push_back({{"layer", layer_word(row.cause.layer)},
                    {"call", row.call},
                    {"object", row.object},
                    {"errno", row.error ? Json(errno_name(row.error)) : Json(nullptr)},
                    {"count", row.count},
                    {"objects", row.objects},
                    {"process", row.process},
                    {"why", row.cause.why},
                    {"remedy", row.cause.option.empty() ? Json(nullptr) : Json(row.cause.option)}});
  return rows;
}

}  // namespace cloche::cli
