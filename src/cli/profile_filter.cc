#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/profile_view.h"
#include "cli/running.h"

namespace cloche::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string action_words(const Action& action) {
  switch (action.kind) {
    case Action::Kind::allow:
      return "allow";
    case Action::Kind::error:
      return errno_name(action.error);
    case Action::Kind::kill:
      return "kill";
    case Action::Kind::kill_thread:
      return "kill thread";
    case Action::Kind::trap:
      return "trap";
    case Action::Kind::trace:
      return "trace";
    case Action::Kind::log:
      return "log";
  }
  return "";
}

std::string condition_words(const Condition& condition) {
  static constexpr const char* kCompare[] = {"==", "!=", "<", "<=", ">", ">="};
  if (condition.compare == Condition::Compare::masked_equal)
    return fmt::format("argument {} & {:#x} == {:#x}", condition.argument, condition.mask, condition.value);
  return fmt::format("argument {} {} {:#x}", condition.argument,
                     kCompare[static_cast<size_t>(condition.compare)], condition.value);
}

std::string verdict_words(const CallPolicy& call) {
  std::string text;
  for (const CallPolicy::Rule& rule : call.rules) {
    std::vector<std::string> when;
    std::transform(rule.when.begin(), rule.when.end(), std::back_inserter(when), condition_words);
    text += fmt::format("{} where {}; ", action_words(rule.action), join(when, " and "));
  }
  return text + (text.empty() ? "" : "else ") + action_words(call.otherwise);
}

std::string number_words(const std::string& name) {
  const auto number = call_number(name, this_machine());
  return number ? std::to_string(*number) : "-";
}

/// A sock_filter's code by name; the few that cloche's programs are made of.
std::string instruction_words(const sock_filter& one) {
  static const std::map<unsigned, const char*> kNames = {
      {BPF_LD | BPF_W | BPF_ABS, "ld [{0}]"},
      {BPF_LD | BPF_IMM, "ld #{0:#x}"},
      {BPF_LDX | BPF_IMM, "ldx #{0:#x}"},
      {BPF_LD | BPF_MEM, "ld M[{0}]"},
      {BPF_LDX | BPF_MEM, "ldx M[{0}]"},
      {BPF_ST, "st M[{0}]"},
      {BPF_STX, "stx M[{0}]"},
      {BPF_MISC | BPF_TAX, "tax"},
      {BPF_MISC | BPF_TXA, "txa"},
      {BPF_ALU | BPF_AND | BPF_K, "and #{0:#x}"},
      {BPF_ALU | BPF_RSH | BPF_K, "rsh #{0}"},
      {BPF_ALU | BPF_LSH | BPF_K, "lsh #{0}"},
      {BPF_ALU | BPF_RSH | BPF_X, "rsh x"},
      {BPF_ALU | BPF_LSH | BPF_X, "lsh x"},
      {BPF_ALU | BPF_AND | BPF_X, "and x"},
      {BPF_JMP | BPF_JA, "ja +{0}"},
      {BPF_JMP | BPF_JEQ | BPF_K, "jeq #{0:#x}, +{1}, +{2}"},
      {BPF_JMP | BPF_JGT | BPF_K, "jgt #{0:#x}, +{1}, +{2}"},
      {BPF_JMP | BPF_JGE | BPF_K, "jge #{0:#x}, +{1}, +{2}"},
      {BPF_JMP | BPF_JSET | BPF_K, "jset #{0:#x}, +{1}, +{2}"},
      {BPF_JMP | BPF_JSET | BPF_X, "jset x, +{1}, +{2}"},
      {BPF_RET | BPF_K, "ret #{0:#x}"}};
  const auto name = kNames.find(one.code);
  if (name == kNames.end()) return fmt::format("code {:#x}, {}, {}, {:#x}", one.code, one.jt, one.jf, one.k);
  return fmt::format(fmt::runtime(name->second), one.k, one.jt, one.jf);
}

}  // namespace

std::string verdicts_text(const FilterPolicy& policy) {
  std::vector<std::vector<std::string>> rows = {{"SYSTEM CALL", "NUMBER", "VERDICT"}};
  for (const auto& [name, call] : policy.calls)
    rows.push_back({name, number_words(name), verdict_words(call)});
  rows.push_back({"any other", "", action_words(policy.unknown)});
  return table(rows);
}

std::string verdicts_json(const FilterPolicy& policy) {
  Json calls = Json::object();
  for (const auto& [name, call] : policy.calls) {
    Json rules = Json::array();
    for (const CallPolicy::Rule& rule : call.rules) {
      std::vector<std::string> when;
      std::transform(rule.when.begin(), rule.when.end(), std::back_inserter(when), condition_words);
      rules.push_back({{"when", when}, {"action", action_words(rule.action)}});
    }
    const auto number = call_number(name, this_machine());
    calls[name] = {{"number", number ? Json(*number) : Json(nullptr)},
                   {"rules", std::move(rules)},
                   {"otherwise", action_words(call.otherwise)}};
  }
  const Json all = {{"calls", std::move(calls)}, {"any_other", action_words(policy.unknown)}};
  return all.dump(2) + "\n";
}

std::string program_text(const std::vector<sock_filter>& program) {
  std::string text;
  for (size_t i = 0; i < program.size(); ++i)
    text += fmt::format("{:4}: {}\n", i, instruction_words(program[i]));
  return text;
}

std::string program_json(const std::vector<sock_filter>& program) {
  Json all = Json::array();
  for (const sock_filter& one : program) all.push_back({one.code, one.jt, one.jf, one.k});
  return all.dump() + "\n";
}

}  // namespace cloche::cli
