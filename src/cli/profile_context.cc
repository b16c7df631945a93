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
    check_capability(parse_capability(value));
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
  Spec spec = overlay(load_profiles(asked.profiles, profile_context(facts)).spec(), asked);
  if (!spec.policy.tcp_bind.empty() || !spec.policy.tcp_connect.empty())
    throw Error("network.tcp-bind and network.tcp-connect: this version cannot hold a command to ports",
                "take them out of the profile");
  return spec;
}

}  // namespace cloche::cli
