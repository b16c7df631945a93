#include "policy/rules_of_call.h"

#include <algorithm>

namespace cloche {
namespace {

using Rule = CallPolicy::Rule;
using Compare = Condition::Compare;

bool by_argument(const Condition& one, const Condition& other) {
  return one.argument < other.argument;
}

/// Whether one value of an argument can meet all of `conditions`: tried at their edges.
bool can_hold(const std::vector<Condition>& conditions) {
  std::vector<std::uint64_t> values = {0, ~std::uint64_t{0}};
  for (const Condition& one : conditions)
    values.insert(values.end(), {one.value, one.value - 1, one.value + 1});
  for (std::size_t i = 0, plain = values.size(); i < plain; ++i) {
    std::uint64_t masked = values[i];
    for (const Condition& one : conditions) {
      if (one.compare == Compare::masked_equal) masked = (masked & ~one.mask) | one.value;
      values.push_back(masked);
    }
  }
  return std::any_of(values.begin(), values.end(), [&](std::uint64_t value) {
    return std::all_of(conditions.begin(), conditions.end(), [&](Condition one) {
      one.argument = 0;
      return holds(one, {value});
    });
  });
}

bool can_hold_together(const Rule& one, const Rule& other) {
  for (unsigned argument = 0; argument < 6; ++argument) {
    std::vector<Condition> both;
    for (const Rule* rule : {&one, &other})
      std::copy_if(rule->when.begin(), rule->when.end(), std::back_inserter(both),
                   [&](const Condition& condition) { return condition.argument == argument; });
    if (!both.empty() && !can_hold(both)) return false;
  }
  return true;
}

bool all_equal_tests(const std::vector<Rule>& rules) {
  for (const Rule& rule : rules)
    for (const Condition& one : rule.when)
      if (one.compare != Compare::equal) return false;
  return true;
}

/// The order in which libseccomp tests rules of equalities: see the header.
bool tested_before(const Rule& one, const Rule& other) {
  return std::lexicographical_compare(one.when.begin(), one.when.end(), other.when.begin(), other.when.end(),
                                      [](const Condition& a, const Condition& b) {
                                        return a.argument != b.argument ? a.argument > b.argument
                                                                        : a.value > b.value;
                                      });
}

/// Two actions for what begins with the same conditions, the shorter rule given later: libseccomp refuses it.
bool is_refused(const Rule& earlier, const Rule& later) {
  return later.when.size() <= earlier.when.size() &&
         std::equal(later.when.begin(), later.when.end(), earlier.when.begin());
}

}  // namespace

std::optional<CallPolicy> combine(std::vector<Rule> rules, const Action& otherwise) {
  for (Rule& rule : rules) std::stable_sort(rule.when.begin(), rule.when.end(), by_argument);
  const auto whole =
      std::find_if(rules.begin(), rules.end(), [](const Rule& rule) { return rule.when.empty(); });
  if (whole != rules.end()) return CallPolicy{{}, whole->action};
  bool contradiction = false;
  for (std::size_t i = 0; i < rules.size(); ++i)
    for (std::size_t j = i + 1; j < rules.size(); ++j) {
      if (rules[i].action == rules[j].action || !can_hold_together(rules[i], rules[j])) continue;
      if (is_refused(rules[i], rules[j])) return std::nullopt;
      contradiction = true;
    }
  if (contradiction) {
    if (!all_equal_tests(rules)) return std::nullopt;
    std::stable_sort(rules.begin(), rules.end(), tested_before);
  }
  return CallPolicy{std::move(rules), otherwise};
}

}  // namespace cloche
