// A learned profile as the text of its file: TOML that `cloche run --profile FILE` takes, with the evidence
// beside each rule as a comment, from which the same value can be read back to merge a further run.
//
//   ro = [
//     "$HOME/.gitconfig",  # 3, git
//   ]
#pragma once

#include <string>

#include "learn/learned.h"
#include "policy/filter.h"

namespace cloche {

/// `base`: the policy that the profile narrows to the calls that were seen.
std::string profile_text(const Learned& learned, const FilterPolicy& base);

/// Throws Error where `text` is no profile that learn wrote, or holds what it does not write: `path` is
/// named.
Learned read_learned(const std::string& text, const std::string& path);

}  // namespace cloche
