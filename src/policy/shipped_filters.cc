#include "policy/shipped_filters.h"

#include <algorithm>
#include <string_view>

#include "policy/weakenings.h"

namespace cloche {
namespace {

struct Baked {
  std::string_view key;
  Machine machine;
  ShippedFilter filter;
};

#include "baked_filters.inc"

}  // namespace

const ShippedFilter* shipped_filter(const std::vector<SyscallRule>& rules,
                                    const std::vector<std::string>& tokens) {
  if (std::any_of(tokens.begin(), tokens.end(), [](const auto& token) { return weakening(token).in_filter; }))
    return nullptr;
  const std::string key = filter_key(rules);
  const auto found = std::find_if(std::begin(kBaked), std::end(kBaked), [&](const Baked& one) {
    return one.machine == this_machine() && one.key == key;
  });
  return found == std::end(kBaked) ? nullptr : &found->filter;
}

}  // namespace cloche
