#include "spec/profile_rule.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace cloche {

const std::vector<std::string> kRuleKeys = {"names", "action", "errno", "when"};
const std::vector<std::string> kConditionKeys = {"argument", "compare", "value", "mask"};
const std::vector<std::string> kRuleActions = {"allow", "errno", "kill", "log"};  // as SyscallRule::Action
const std::vector<std::string> kComparisons = {"==", "!=", "<", "<=", ">", ">=", "&"};

namespace {

using Kind = TomlValue::Kind;
constexpr std::uint32_t kHighestErrno = 4095;  // MAX_ERRNO, what a filter can answer

bool is_one_of(const std::string& text, const std::vector<std::string>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

class RuleReader {
 public:
  explicit RuleReader(const RuleReport& report) : report_(report) {}

  std::optional<SyscallRule> read(const TomlValue& value) {
    if (value.kind != Kind::table) {
      wrong(value.place, "a rule is a table, not " + std::string(kind_words(value.kind)),
            "write [[syscalls.rules]] and its keys below");
      return std::nullopt;
    }
    bool has_action = false;
    for (const TomlEntry& entry : value.entries) {
      if (entry.key == "names") {
        read_names(entry.value);
      } else if (entry.key == "action") {
        has_action = true;
        read_action(entry.value);
      } else if (entry.key == "errno") {
        read_errno(entry.value);
      } else if (entry.key == "when") {
        read_when(entry.value);
      } else {
        unknown(entry, "a rule", kRuleKeys);
      }
    }
    if (rule_.names.empty() && fine_) wrong(value.place, "a rule without names", "say names = [\"…\"]");
    if (!has_action && fine_)
      wrong(value.place, "a rule without an action",
            "say action = \"" + join(kRuleActions, "\", or \"") + "\"");
    if (rule_.error && rule_.action != SyscallRule::Action::error && fine_)
      wrong(value.place, "an errno is of use only with action = \"errno\"", "leave one of them out");
    if (!fine_) return std::nullopt;
    return std::move(rule_);
  }

 private:
  void wrong(TextPlace place, const std::string& what, const std::string& remedy = {}) {
    fine_ = false;
    report_(place, what, remedy);
  }

  void unknown(const TomlEntry& entry, const char* where, const std::vector<std::string>& keys) {
    const auto meant = nearest(entry.key, keys);
    wrong(entry.place, fmt::format("{} has no key {}", where, in_quotes(entry.key)),
          meant ? "did you mean " + *meant + "?" : "it has: " + join(keys, ", "));
  }

  void read_names(const TomlValue& value) {
    if (value.kind != Kind::list) return wrong(value.place, "names is a list of system calls and @groups");
    for (const TomlValue& item : value.items)
      if (item.kind == Kind::text)
        rule_.names.push_back(item.text);
      else
        wrong(item.place, fmt::format("a name is a text, not {}", kind_words(item.kind)));
  }

  void read_action(const TomlValue& value) {
    const auto found = std::find(kRuleActions.begin(), kRuleActions.end(), value.text);
    if (value.kind != Kind::text || found == kRuleActions.end())
      return wrong(value.place, in_quotes(value.text) + " is not an action",
                   "choose one of " + join(kRuleActions, ", "));
    rule_.action = static_cast<SyscallRule::Action>(found - kRuleActions.begin());
  }

  void read_errno(const TomlValue& value) {
    if (value.kind == Kind::text)
      rule_.error = errno_number(value.text);
    else if (value.kind == Kind::whole && value.whole > 0 && value.whole <= kHighestErrno)
      rule_.error = static_cast<std::uint32_t>(value.whole);
    if (!rule_.error)
      wrong(value.place, in_quotes(value.text) + " is not an errno",
            "give a name such as EPERM; see errno(3)");
  }

  void read_when(const TomlValue& value) {
    if (value.kind != Kind::list)
      return wrong(value.place, "when is a list of conditions",
                   "write [{argument = 0, compare = \"==\", value = 1}]");
    for (const TomlValue& item : value.items) {
      if (item.kind != Kind::table)
        wrong(item.place, fmt::format("a condition is a table, not {}", kind_words(item.kind)));
      else
        read_condition(item);
    }
  }

  void read_condition(const TomlValue& table) {
    SyscallRule::Condition condition;
    condition.compare = "==";
    bool has_argument = false, has_value = false, has_mask = false;
    for (const auto& [key, place, value] : table.entries) {
      if (key == "argument") {
        has_argument = true;
        if (value.kind != Kind::whole || value.whole < 0 || value.whole > 5)
          wrong(value.place, in_quotes(value.text) + " is not the number of an argument",
                "they count from 0 to 5");
        else
          condition.argument = static_cast<std::uint32_t>(value.whole);
      } else if (key == "compare") {
        if (value.kind != Kind::text || !is_one_of(value.text, kComparisons))
          wrong(value.place, in_quotes(value.text) + " is not a comparison",
                "choose one of " + join(kComparisons, " "));
        condition.compare = value.text;
      } else if (key == "value") {
        has_value = true;
        condition.value = number(value);
      } else if (key == "mask") {
        has_mask = true;
        condition.mask = number(value);
      } else {
        unknown({key, place, value}, "a condition", kConditionKeys);
      }
    }
    if (!has_argument || !has_value)
      wrong(table.place, "a condition needs argument and value");
    else if (has_mask != (condition.compare == "&"))
      wrong(table.place, "compare = \"&\" and mask go together",
            "the condition holds where (argument & mask) == value");
    rule_.when.push_back(std::move(condition));
  }

  /// 64 bits without a sign: what TOML's own numbers cannot hold is written as a text, "0x…".
  std::uint64_t number(const TomlValue& value) {
    if (value.kind == Kind::whole && value.whole >= 0) return static_cast<std::uint64_t>(value.whole);
    std::uint64_t read = 0;
    const bool hex = value.text.starts_with("0x");
    const char* begin = value.text.data() + (hex ? 2 : 0);
    const char* end = value.text.data() + value.text.size();
    const auto [stopped, error] = std::from_chars(begin, end, read, hex ? 16 : 10);
    if (value.kind != Kind::text || error != std::errc() || stopped != end || begin == end)
      wrong(value.place, in_quotes(value.text) + " is not a number of 64 bits",
            "write 0, 0x1f, or \"0xffffffffffffffff\" for what lies above 2^63");
    return read;
  }

  const RuleReport& report_;
  SyscallRule rule_;
  bool fine_ = true;
};

}  // namespace

std::optional<SyscallRule> read_rule(const TomlValue& value, const RuleReport& report) {
  return RuleReader(report).read(value);
}

std::string rule_words(const SyscallRule& rule) {
  std::string text = join(rule.names, " ") + ": " + kRuleActions.at(static_cast<size_t>(rule.action));
  if (rule.error) text += " " + errno_name(static_cast<int>(*rule.error));
  const char* before = " when ";
  for (const auto& condition : rule.when) {
    if (condition.compare == "&")
      text += fmt::format("{}argument {} & {:#x} == {:#x}", before, condition.argument, condition.mask,
                          condition.value);
    else
      text += fmt::format("{}argument {} {} {:#x}", before, condition.argument, condition.compare,
                          condition.value);
    before = " and ";
  }
  return text;
}

std::optional<std::uint32_t> errno_number(const std::string& name) {
  if (!name.starts_with('E')) return std::nullopt;
  for (std::uint32_t number = 1; number <= kHighestErrno; ++number)
    if (errno_name(static_cast<int>(number)) == name) return number;
  return std::nullopt;
}

}  // namespace cloche
