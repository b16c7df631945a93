// Was it the sandbox? For one act that failed: the layer that made it fail, why, and the option that would
// have allowed it; or nothing, where it would have failed outside as well.
//
//   judge(plan, {"openat", Intent::read, "/home/anna/.ssh/config", .error = ENOENT}, outside)
//     == {Layer::hidden_path, "it exists outside, and the view does not show it", "--ro ~/.ssh/config"}
//
// Pure: the host is asked through `outside`. The act is the payload's word, so that a cause is an
// explanation for a person, never a grant.
#pragma once

#include <optional>
#include <string>

#include "plan/plan.h"
#include "trace/act.h"
#include "trace/outside.h"

namespace cloche {

enum class Layer {
  hidden_path,
  protected_path,
  read_only_mount,
  landlock,
  seccomp,
  capability,
  network,
  identity
};
/// "hidden-path", "read-only-mount"...
const char* layer_word(Layer layer);

struct Cause {
  Layer layer = Layer::hidden_path;
  std::string why;     ///< a sentence without its full stop
  std::string option;  ///< as it stands on the command line, or in a profile; empty: nothing allows it
  bool operator==(const Cause&) const = default;
};

std::optional<Cause> judge(const Plan& plan, const Act& act, const Outside& outside);

/// Of a call that the filter of `policy` refused.
Cause judge_refused_call(const PolicyPlan& policy, const std::string& call);

/// A path of an option: "~/.ssh/config" where it lies in what ~ stands for and needs no quotes.
std::string option_path(const std::string& path, const std::string& tilde);

}  // namespace cloche
