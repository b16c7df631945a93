#include "cli/doctor_words.h"

#include <algorithm>
#include <cctype>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace cloche::cli {
namespace {

using Kind = Finding::Kind;
constexpr size_t kWidth = 80;
constexpr size_t kWhat = 12, kState = 36;  // columns where they begin

struct Look {
  char mark;
  int colour;
};
Look look(Kind kind) {
  switch (kind) {
    case Kind::ok:
      return {'+', 32};
    case Kind::limited:
      return {'~', 33};
    case Kind::missing:
      return {'-', 33};
    case Kind::blocking:
      return {'!', 31};
  }
  return {'?', 0};
}

std::string painted(const std::string& text, int colour, bool on) {
  return on ? fmt::format("\x1b[{}m{}\x1b[0m", colour, text) : text;
}

/// The columns that UTF-8 text takes, near enough: what cloche says is mostly ASCII.
size_t columns(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// `text` broken at spaces into lines of at most kWidth, the first one beginning in column `at` already, the
/// others indented by `indent`.
std::string wrapped(const std::string& text, size_t at, size_t indent) {
  std::string result;
  size_t column = at;
  bool first = true;
  for (const std::string& word : split(text, ' ')) {
    const size_t width = columns(word);
    if (!first && column + 1 + width > kWidth) {
      result += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!first) {
      result += ' ';
      ++column;
    }
    result += word;
    column += width;
    first = false;
  }
  return result;
}

std::string indented(const std::string& label, const std::string& text) {
  const std::string head = std::string(kWhat, ' ') + fmt::format("{:<7}", label);
  return head + wrapped(text, head.size(), head.size()) + "\n";
}

/// A line for root's shell, and not a sentence that speaks of the administrator.
bool is_command_of_root(const Finding& finding) {
  return finding.needs_administrator && finding.remedy.find("administrator") == std::string::npos;
}

void append(std::string& text, const Finding& finding, std::map<std::string, std::string>& remedies,
            bool colour) {
  const Look how = look(finding.kind);
  text += painted(fmt::format("  {} {:<8}", how.mark, kind_word(finding.kind)), how.colour, colour);
  const std::string what = fmt::format("{:<{}}", finding.what, kState - kWhat - 1) + " ";
  text += what + wrapped(finding.state, kWhat + columns(what), kState) + "\n";
  if (finding.kind == Kind::ok) return;
  if (!finding.detail.empty()) text += indented("why", finding.detail);
  if (!finding.means.empty()) text += indented("means", finding.means);
  if (finding.remedy.empty()) return;
  const auto [earlier, is_new] = remedies.emplace(finding.remedy, finding.what);
  if (!is_new)
    text += indented("remedy", "the same as for " + earlier->second);
  else if (is_command_of_root(finding))
    text += fmt::format("{0:{1}}as root:\n{0:{2}}{3}\n", "", kWhat, kWhat + 2, finding.remedy);
  else
    text += indented("remedy", finding.remedy);
}

/// The first lines: does it work, and what does it do without.
std::string verdict_text(const Verdict& verdict, bool colour) {
  if (!verdict.works) {
    std::string text = painted("cloche run does not work here with its defaults", 31, colour) + "\n" +
                       wrapped(verdict.error, 0, 0) + "\n";
    return verdict.remedy.empty() ? text : text + verdict.remedy + "\n";
  }
  std::string text = painted("cloche run works here with its defaults", 32, colour) + "\n";
  std::vector<std::string> wanted;
  for (const Verdict::Lost& lost : verdict.lost) wanted.push_back(lost.wanted);
  if (!wanted.empty()) text += wrapped("It does without: " + join(wanted, "; "), 0, 2) + "\n";
  return text;
}

std::string counted(const Examination& examination) {
  std::map<Kind, int> counts;
  for (const Section& section : examination.sections)
    for (const Finding& finding : section.findings)
      if (was_tried(finding)) ++counts[finding.kind];
  std::vector<std::string> parts;
  for (const Kind kind : {Kind::ok, Kind::limited, Kind::missing, Kind::blocking})
    if (counts[kind]) parts.push_back(fmt::format("{} {}", counts[kind], kind_word(kind)));
  return join(parts, ", ");
}

}  // namespace

void reconcile(Examination& examination) {
  const Verdict& verdict = examination.verdict;
  bool blocked = false;
  for (Section& section : examination.sections)
    for (Finding& finding : section.findings) {
      if (finding.kind != Kind::blocking) continue;
      if (verdict.works) finding.kind = Kind::limited;
      blocked = true;
    }
  Finding run{.id = "run", .what = "cloche run -- true", .state = "ended with status 0"};
  if (!verdict.works) {
    obstruct(run, Kind::blocking, "failed", {verdict.error, verdict.remedy});
    if (!blocked) run.means = "none of the probes below says why: please report it";
  }
  examination.sections.insert(examination.sections.begin(), {"A run", {run}});
}

std::string examination_text(const Examination& examination, bool colour) {
  std::string text = verdict_text(examination.verdict, colour);
  std::map<std::string, std::string> remedies;
  for (const Section& section : examination.sections) {
    text += "\n" + painted(section.title, 1, colour) + "\n";
    std::vector<std::string> untried;
    for (const Finding& finding : section.findings)
      if (was_tried(finding))
        append(text, finding, remedies, colour);
      else
        untried.push_back(finding.what);
    if (!untried.empty()) text += "  " + wrapped("  not tried: " + join(untried, ", "), 2, kWhat) + "\n";
  }
  return text + "\n" + counted(examination) + "\n";
}

std::string examination_json(const Examination& examination) {
  using Json = nlohmann::ordered_json;
  Json lost = Json::array(), findings = Json::array();
  for (const Verdict::Lost& one : examination.verdict.lost)
    lost.push_back(
        {{"feature", one.feature}, {"wanted", one.wanted}, {"reason", one.reason}, {"remedy", one.remedy}});
  for (const Section& section : examination.sections)
    for (const Finding& one : section.findings)
      findings.push_back({{"id", one.id},
                          {"section", section.title},
                          {"what", one.what},
                          {"kind", kind_word(one.kind)},
                          {"tried", was_tried(one)},
                          {"state", one.state},
                          {"detail", one.detail},
                          {"means", one.means},
                          {"remedy", one.remedy},
                          {"needs_administrator", one.needs_administrator}});
  const Verdict& verdict = examination.verdict;
  const Json all = {{"version", 1},
                    {"works", verdict.works},
                    {"error", verdict.works ? Json(nullptr) : Json(verdict.error)},
                    {"remedy", verdict.remedy.empty() ? Json(nullptr) : Json(verdict.remedy)},
                    {"degraded", std::move(lost)},
                    {"findings", std::move(findings)}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cloche::cli
