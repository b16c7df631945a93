// From what was asked and what the machine offers to what will be done. Pure: the same values give the same
// plan, so that every rule of it is tested without a sandbox.
//
//   HostFacts facts = read_host_facts();
//   look_up(facts, paths_of_interest(spec, facts));
//   read_texts(facts, files_to_read(spec, facts));
//   Plan plan = resolve(spec, facts);
//
// Throws Error or UsageError for a wish that cannot be met, with the option's name, the cause and the remedy.
// A default that cannot be had becomes a Degradation, unless --require names it.
#pragma once

#include <string>
#include <vector>

#include "host/facts.h"
#include "plan/plan.h"

namespace cloche {

Plan resolve(const Spec& spec, const HostFacts& facts);

/// The identity and the cgroup alone, for which no path has to be looked up.
IdentityPlan identity_of(const Spec& spec, const HostFacts& facts);
CgroupPlan cgroup_of(const Spec& spec, const HostFacts& facts);
/// What is run, and what the run is called.
std::vector<std::string> command_of(const Spec& spec, const HostFacts& facts);
std::string name_of(const Spec& spec, const HostFacts& facts);

/// The paths of `spec`, absolute, that resolve() wants to find in facts.paths.
std::vector<std::string> paths_of_interest(const Spec& spec, const HostFacts& facts);

/// The policy files of `spec`, absolute, that resolve() wants to find in facts.texts.
std::vector<std::string> files_to_read(const Spec& spec, const HostFacts& facts);

/// Features that may degrade, which is what --require takes.
const std::vector<std::string>& degradable_features();
/// Throws UsageError with the nearest where there is no such feature.
void check_feature(const std::string& feature);

/// Absolute and free of "." and "..", relative to `folder`. No link is followed.
std::string clean_path(const std::string& path, const std::string& folder);
/// The same, relative to the working directory.
std::string absolute(const std::string& path, const HostFacts& facts);

/// What a run is called that was given no name: the command's last path component and a number.
std::string default_name(const std::string& command, int number);

}  // namespace cloche
