// A table of [[syscalls.rules]]: names, an action, conditions on the arguments.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "spec/spec.h"
#include "spec/toml.h"

namespace cloche {

using RuleReport = std::function<void(TextPlace place, const std::string& what, const std::string& remedy)>;

/// None where anything is wrong, which `report` was told of.
std::optional<SyscallRule> read_rule(const TomlValue& value, const RuleReport& report);

/// "clone3 unshare: errno EPERM when argument 0 & 0x10000000 == 0"
std::string rule_words(const SyscallRule& rule);

/// The number of "EPERM", none where there is no such errno.
std::optional<std::uint32_t> errno_number(const std::string& name);

/// What a rule and a condition may hold: for the JSON Schema and the manual's test.
extern const std::vector<std::string> kRuleKeys, kConditionKeys, kRuleActions, kComparisons;

}  // namespace cloche
