#include "learn/learned.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace cloche {
namespace {

void add(Rules& rules, const Rules& more) {
  for (const auto& [value, seen] : more) {
    const auto [found, fresh] = rules.emplace(value, seen);
    if (!fresh) found->second.count += seen.count;
  }
}

/// The one that grants more.
const std::string& wider(const std::string& one, const std::string& other) {
  static constexpr std::array<std::string_view, 3> kOrder = {"none", "ro", "rw"};
  const auto rank = [](const std::string& word) { return std::find(kOrder.begin(), kOrder.end(), word); };
  return rank(one) < rank(other) ? other : one;
}

}  // namespace

Learned merged(const Learned& earlier, const Learned& later) {
  Learned all = earlier;
  all.runs += later.runs;
  all.here = wider(earlier.here, later.here);
  add(all.ro, later.ro);
  add(all.not_granted, later.not_granted);
  add(all.calls, later.calls);
  all.network = earlier.network || later.network;
  add(all.tcp_connect, later.tcp_connect);
  add(all.tcp_bind, later.tcp_bind);
  all.memory_peak = std::max(earlier.memory_peak, later.memory_peak);
  all.tasks_peak = std::max(earlier.tasks_peak, later.tasks_peak);
  return all;
}

}  // namespace cloche
