#include <fmt/format.h>

#include "policy/shipped_filters.h"

namespace cloche {

std::string filter_key(const std::vector<SyscallRule>& rules) {
  std::string key;
  // A text has its length before it, so that no name can be taken for what follows one.
  for (const SyscallRule& rule : rules) {
    key += fmt::format("{} {} {}", static_cast<int>(rule.action),
                       rule.error ? fmt::format("{}", *rule.error) : "-", rule.names.size());
    for (const std::string& name : rule.names) key += fmt::format(" {}:{}", name.size(), name);
    key += fmt::format(" {}", rule.when.size());
    for (const SyscallRule::Condition& one : rule.when)
      key +=
          fmt::format(" {} {}:{} {} {}", one.argument, one.compare.size(), one.compare, one.value, one.mask);
    key += ";";
  }
  return key;
}

}  // namespace cloche
