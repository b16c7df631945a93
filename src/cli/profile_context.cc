#include "cli/profile_context.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "plan/resolve.h"
#include "policy/capabilities.h"
#include "policy/rules.h"
#include "policy/weakenings.h"
#include "spec/overlay.h"
#include "spec/values.h"

namespace cloche::cli {
namespace {

void check_value(const ProfileKey& key, const std::string& value) {
  const std::string path = path_of(key);
  if (path == "policy.allow")
    weakening(value);
  else if (path == "policy.require")
    check_feature(value);
  else if (path == "capabilities.keep")
    kept_capability(parse_capability(value));
  else if (path.starts_with("syscalls.") && path != "syscalls.base")
    expand_calls({value});
}

}  // namespace

ProfileContext profile_context(const HostFacts& facts) {
  ProfileContext context;
  context.variables = profile_variables(facts.environment, facts.home, facts.user, facts.working_directory,
                                        facts.runtime_directory);
  context.user_folder = context.variables.at("XDG_CONFIG_HOME") + "/cloche/profiles";
  context.system_folder = "/etc/cloche/profiles";
  context.uid = facts.uid;
  context.check = check_value;
  return context;
}

Spec with_profiles(const Spec& asked, const HostFacts& facts) {
  return overlay(load_profiles(asked.profiles, profile_context(facts)).spec(), asked);
}

}  // namespace cloche::cli
