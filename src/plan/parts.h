// The parts of resolve(), one for each group of the plan. Each fills in its own and adds to the plan's
// degradations, enforced features and notes.
#pragma once

#include "plan/resolve.h"

namespace cloche {

void resolve_identity(const Spec& spec, const HostFacts& facts, Plan& plan);
void resolve_view(const Spec& spec, const HostFacts& facts, Plan& plan);
/// Adds the steps, and placeholders, that keep the protected paths of a folder, `source` on the host, that
/// was just bound at `destination`. False where there are none.
bool protect_folder(const Spec& spec, const HostFacts& facts, const std::string& source,
                    const std::string& destination, ViewPlan& view);
/// The paths below `source` that protect_folder() wants to find in facts.paths: each after the folder it is
/// in.
void protected_paths_of_interest(const std::string& source, std::vector<std::string>& paths);
void resolve_environment(const Spec& spec, const HostFacts& facts, Plan& plan);
void resolve_limits(const Spec& spec, const HostFacts& facts, Plan& plan);
void resolve_landlock(const Spec& spec, const HostFacts& facts, Plan& plan);
void resolve_policy(const Spec& spec, const HostFacts& facts, Plan& plan);

/// What facts have about an absolute path; nobody looked: missing.
const PathFact& fact_of(const HostFacts& facts, const std::string& path);
/// Whether `path` is `folder` or lies below it; both absolute and clean.
bool is_within(const std::string& path, const std::string& folder);
bool is_allowed(const Spec& spec, const std::string& token);

}  // namespace cloche
