#include "plan/from_json.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"

namespace cloche {
namespace {

using Json = nlohmann::json;

std::uint64_t limit_value(const Json& json) {
  return json.is_string() ? kUnlimited : json.get<std::uint64_t>();
}

std::string text_or_empty(const Json& json) {
  return json.is_null() ? "" : json.get<std::string>();
}

PolicyPlan policy_of(const Json& json) {
  PolicyPlan policy;
  policy.seccomp = json.at("seccomp");
  policy.capabilities = json.at("capabilities").get<std::vector<std::string>>();
  policy.allow = json.at("allow").get<std::vector<std::string>>();
  policy.filter_flags = json.at("filter_flags");
  policy.apparmor = text_or_empty(json.at("apparmor"));
  policy.selinux_label = text_or_empty(json.at("selinux_label"));
  const Json& landlock = json.at("landlock");
  policy.landlock.abi = landlock.at("abi");
  for (const Json& tree : landlock.at("trees"))
    policy.landlock.trees.push_back({tree.at("path"), tree.at("write"), tree.at("execute")});
  policy.landlock.scope_abstract = landlock.at("scope_abstract_sockets");
  policy.landlock.scope_signals = landlock.at("scope_signals");
  policy.landlock.restrict_tcp = landlock.at("tcp_restricted");
  policy.landlock.tcp_bind = landlock.at("tcp_bind").get<std::vector<std::uint16_t>>();
  policy.landlock.tcp_connect = landlock.at("tcp_connect").get<std::vector<std::uint16_t>>();
  return policy;
}

Plan plan_of(const Json& json) {
  Plan plan;
  plan.name = json.at("name");
  plan.command = json.at("command").get<std::vector<std::string>>();
  plan.environment = json.at("environment").get<std::vector<std::string>>();
  plan.net = json.at("net") == "host" ? NetMode::host : NetMode::none;
  plan.identity.uid = json.at("identity").at("uid");
  plan.identity.gid = json.at("identity").at("gid");
  plan.identity.range = json.at("identity").at("map") == "range";
  plan.identity.hostname = json.at("identity").at("hostname");
  plan.view.workdir = json.at("view").at("workdir");
  for (const Json& one : json.at("limits").at("rlimits"))
    plan.rlimits.push_back({one.at("name"), limit_value(one.at("soft")), limit_value(one.at("hard"))});
  plan.policy = policy_of(json.at("policy"));
  return plan;
}

}  // namespace

Plan payload_plan_from_json(const std::string& text) {
  try {
    return plan_of(Json::parse(text));
  } catch (const Json::exception& error) {
    throw Error("the sandbox's plan cannot be read back: " + printable(error.what()));
  }
}

}  // namespace cloche
