// The parts of resolve(), one for each group of the plan. Each fills in its own and adds to the plan's
// degradations, enforced features and notes.
#pragma once

#include "plan/resolve.h"

namespace cloche {

void resolve_identity(const Spec& spec, const HostFacts& facts, Plan& plan);
void resolve_view(const Spec& spec, const HostFacts& facts, Plan& plan);
void resolve_environment(const Spec& spec, const HostFacts& facts, Plan& plan);
void resolve_limits(const Spec& spec, const HostFacts& facts, Plan& plan);
void resolve_landlock(const Spec& spec, const HostFacts& facts, Plan& plan);
void resolve_policy(const Spec& spec, const HostFacts& facts, Plan& plan);

/// Whether `path` is `folder` or lies below it; both absolute and clean.
bool is_within(const std::string& path, const std::string& folder);
bool is_allowed(const Spec& spec, const std::string& token);

}  // namespace cloche
