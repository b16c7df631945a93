// Filters that are made when cloche is built, so that no start compiles them: the default one, and those of
// the shipped profiles that have rules.
#pragma once

#include <linux/filter.h>

#include <span>
#include <string>
#include <vector>

#include "policy/filter.h"
#include "spec/spec.h"

namespace cloche {

struct ShippedFilter {
  std::span<const sock_filter> error, notify;  ///< for each Answer, on this machine
  bool refuses_sending;                        ///< sendmsg is not always let through
  bool lets_confining_pass;                    ///< every one of kConfiningCalls always is

  std::span<const sock_filter> of(Answer answer) const { return answer == Answer::notify ? notify : error; }
};

/// The one for `rules` over the default policy; null where there is none, or one of `tokens` changes the
/// policy.
const ShippedFilter* shipped_filter(const std::vector<SyscallRule>& rules,
                                    const std::vector<std::string>& tokens);

/// What tells lists of rules apart; the same for equal ones only.
std::string filter_key(const std::vector<SyscallRule>& rules);

}  // namespace cloche
