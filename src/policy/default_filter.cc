#include <algorithm>
#include <span>

#include "policy/filter.h"
#include "policy/weakenings.h"

namespace cloche {
namespace {

#include "baked_filters.inc"

}  // namespace

std::vector<sock_filter> default_filter(const std::vector<std::string>& tokens, Answer answer) {
  const Machine machine = this_machine();
  if (std::any_of(tokens.begin(), tokens.end(), [](const auto& token) { return weakening(token).in_filter; }))
    return compile(default_policy(tokens), machine, answer);
  const bool notify = answer == Answer::notify;
  const std::span<const sock_filter> baked = machine == Machine::x86_64
                                                 ? (notify ? std::span<const sock_filter>(k_x86_64_notify)
                                                           : std::span<const sock_filter>(k_x86_64_error))
                                                 : (notify ? std::span<const sock_filter>(k_aarch64_notify)
                                                           : std::span<const sock_filter>(k_aarch64_error));
  return {baked.begin(), baked.end()};
}

}  // namespace cloche
