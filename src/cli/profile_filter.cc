#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/profile_view.h"
#include "cli/running.h"
#include "policy/verdicts.h"

namespace cloche::cli {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

std::string verdicts_text(const FilterPolicy& policy) {
  std::vector<std::vector<std::string>> rows = {{"SYSTEM CALL", "NUMBER", "GROUP", "VERDICT"}};
  for (const CallVerdict& one : verdicts(policy, this_machine()))
    rows.push_back({one.name, std::to_string(one.number), one.group,
                    one.detail.empty() ? one.verdict : join(one.detail, "; ")});
  rows.push_back({"any other", "", "", in_words(policy.unknown)});
  return table(rows);
}

std::string verdicts_json(const FilterPolicy& policy) {
  Json calls = Json::object();
  for (const auto& [name, call] : policy.calls) {
    Json rules = Json::array();
    for (const CallPolicy::Rule& rule : call.rules) {
      Json when = Json::array();
      for (const Condition& one : rule.when) when.push_back(in_words(one));
      rules.push_back({{"when", std::move(when)}, {"action", in_words(rule.action)}});
    }
    const auto number = call_number(name, this_machine());
    calls[name] = {{"number", number ? Json(*number) : Json(nullptr)},
                   {"rules", std::move(rules)},
                   {"otherwise", in_words(call.otherwise)}};
  }
  const Json all = {{"calls", std::move(calls)}, {"any_other", in_words(policy.unknown)}};
  return all.dump(2) + "\n";
}

std::string program_text(const std::vector<sock_filter>& program) {
  return listing(program, this_machine());
}

std::string program_json(const std::vector<sock_filter>& program) {
  Json all = Json::array();
  for (const sock_filter& one : program) all.push_back({one.code, one.jt, one.jf, one.k});
  return all.dump() + "\n";
}

}  // namespace cloche::cli
