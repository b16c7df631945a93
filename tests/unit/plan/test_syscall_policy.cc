#include "plan/syscall_policy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "plan/json.h"
#include "plan/resolve.h"
#include "policy/confining_calls.h"
#include "policy/rules.h"
#include "spec/profiles.h"
#include "spec/shipped.h"

namespace cloche {
namespace {

using Kind = Action::Kind;

HostFacts machine() {
  HostFacts facts;
  facts.uid = facts.gid = 1000;
  facts.home = "/home/anna";
  facts.working_directory = "/home/anna/project";
  facts.kernel_major = 6;
  facts.kernel_minor = 1;
  return facts;
}

Spec make() {
  Spec spec;
  spec.command = {"make"};
  return spec;
}

bool enforces(const Plan& plan, const std::string& feature) {
  return std::find(plan.enforced.begin(), plan.enforced.end(), feature) != plan.enforced.end();
}

TEST(TheFilterOfARun, IsTheDefaultOneWhereNothingElseIsSaid) {
  const Plan plan = resolve(make(), machine());
  EXPECT_FALSE(plan.policy.filter);
  EXPECT_EQ(policy_for(plan.policy), default_policy({}));
  EXPECT_EQ(program_for(plan.policy, Answer::error).size(), shipped_filter({}, {})->error.size());
}

TEST(TheFilterOfARun, WithAShippedProfileIsMadeWhenClocheIsBuilt) {
  const ProfileContext context = {
      profile_variables({}, "/home/anna", "anna", "/home/anna", ""), "", "", 0, {}};
  int with_rules = 0;
  for (const ShippedProfile& profile : shipped_profiles()) {
    Spec spec = load_profiles({std::string("shipped:") + profile.name}, context).spec();
    spec.command = {"make"};
    const PolicyPlan policy = resolve(spec, machine()).policy;
    with_rules += policy.syscalls.empty() ? 0 : 1;
    EXPECT_FALSE(policy.filter) << profile.name;
    const ShippedFilter* shipped = shipped_filter_of(policy);
    ASSERT_TRUE(shipped) << profile.name;
    const FilterPolicy said = apply_rules(default_policy({}), policy.syscalls, {});
    EXPECT_EQ(policy_for(policy), said) << profile.name;
    EXPECT_EQ(shipped->refuses_sending, !allows_always(said, "sendmsg")) << profile.name;
    EXPECT_EQ(shipped->lets_confining_pass,
              std::all_of(std::begin(kConfiningCalls), std::end(kConfiningCalls),
                          [&](const char* call) { return allows_always(said, call); }))
        << profile.name;
    for (const Answer answer : {Answer::error, Answer::notify}) {
      const auto made = program_for(policy, answer), now = compile(said, this_machine(), answer);
      ASSERT_EQ(made.size(), now.size()) << profile.name;
      EXPECT_EQ(std::memcmp(made.data(), now.data(), made.size() * sizeof(sock_filter)), 0) << profile.name;
    }
  }
  EXPECT_GT(with_rules, 0);
}

TEST(TheFilterOfARun, IsLoadedWhileTheViewIsBuiltWhereItIsTheDefault) {
  EXPECT_TRUE(shipped_filter({}, {})->lets_confining_pass);
}

TEST(TheFilterOfARun, IsItsOwnWhereARuleDiffersInAnything) {
  Spec spec = make();
  spec.policy.syscalls = {{{"@network"}, SyscallRule::Action::error, {}, {}},
                          {{"socket"}, SyscallRule::Action::error, {}, {}}};
  ASSERT_TRUE(shipped_filter_of(resolve(spec, machine()).policy)) << "as media has it";
  const std::vector<SyscallRule> shipped = spec.policy.syscalls;
  const auto differs = [&](auto change) {
    spec.policy.syscalls = shipped;
    change(spec.policy.syscalls);
    const PolicyPlan policy = resolve(spec, machine()).policy;
    EXPECT_TRUE(policy.filter);
    EXPECT_FALSE(shipped_filter_of(policy));
  };
  differs([](auto& rules) { rules.pop_back(); });
  differs([](auto& rules) { std::swap(rules[0], rules[1]); });
  differs([](auto& rules) { rules[1].action = SyscallRule::Action::kill; });
  differs([](auto& rules) { rules[1].error = EPERM; });
  differs([](auto& rules) { rules[1].when.push_back({0, "==", 1}); });
  differs([](auto& rules) { rules[1].names.push_back("bind"); });
  spec.policy.syscalls = shipped;
  spec.policy.allow = {"ptrace"};
  EXPECT_TRUE(resolve(spec, machine()).policy.filter) << "a token changes what the rules lie over";
}

TEST(TheFilterOfARun, IsNoneWhereThatWasAskedFor) {
  Spec spec = make();
  spec.policy.seccomp = "none";
  const Plan plan = resolve(spec, machine());
  EXPECT_TRUE(program_for(plan.policy, Answer::error).empty());
  EXPECT_EQ(decide(policy_for(plan.policy), "mount", {}).kind, Kind::allow);
  EXPECT_FALSE(enforces(plan, "seccomp"));
  spec.policy.syscalls = {{{"mount"}, SyscallRule::Action::kill, {}, {}}};
  const Plan ruled = resolve(spec, machine());
  EXPECT_EQ(decide(policy_for(ruled.policy), "mount", {}).kind, Kind::kill);
  EXPECT_FALSE(program_for(ruled.policy, Answer::error).empty());
  EXPECT_TRUE(enforces(ruled, "seccomp"));
}

TEST(TheFilterOfARun, HasTheRulesOverItsBase) {
  Spec spec = make();
  spec.policy.syscalls = {{{"getpid"}, SyscallRule::Action::error, EACCES, {}}};
  EXPECT_EQ(decide(policy_for(resolve(spec, machine()).policy), "getpid", {}), (Action{Kind::error, EACCES}));
  spec.policy.syscalls = {{{"mount"}, SyscallRule::Action::allow, {}, {}}};
  EXPECT_THROW(resolve(spec, machine()), UsageError);
  spec.policy.allow = {"userns"};
  EXPECT_EQ(decide(policy_for(resolve(spec, machine()).policy), "mount", {}).kind, Kind::allow);
}

TEST(AFilterFile, IsReadForTheCapabilitiesThatThePayloadKeeps) {
  HostFacts facts = machine();
  Spec spec = make();
  spec.policy.seccomp = "filter.json";
  EXPECT_EQ(files_to_read(spec, facts), std::vector<std::string>{"/home/anna/project/filter.json"});
  EXPECT_THROW(resolve(spec, facts), Error);
  facts.texts["/home/anna/project/filter.json"] = R"({"defaultAction": "SCMP_ACT_ERRNO", "archMap": [],
    "flags": ["SECCOMP_FILTER_FLAG_LOG"], "syscalls": [
      {"names": ["chown"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_CHOWN"]}},
      {"names": ["unshare"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"}}]})";
  const Plan plan = resolve(spec, facts);
  EXPECT_EQ(plan.policy.seccomp, "/home/anna/project/filter.json");
  EXPECT_EQ(plan.policy.filter_flags, 2u);
  EXPECT_EQ(decide(policy_for(plan.policy), "chown", {}), (Action{Kind::error, EPERM}));
  EXPECT_TRUE(enforces(plan, "seccomp"));
  EXPECT_NE(plan.notes.back().find("allows unshare"), std::string::npos) << plan.notes.back();
  spec.as = As{As::Kind::root, 0, 0};
  EXPECT_EQ(decide(policy_for(resolve(spec, facts).policy), "chown", {}).kind, Kind::allow);
}

TEST(AFilterFile, StandsInThePlanInBrief) {
  HostFacts facts = machine();
  Spec spec = make();
  spec.policy.seccomp = "/etc/filter.json";
  facts.texts["/etc/filter.json"] =
      R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mount"], "action": "SCMP_ACT_KILL"}]})";
  const std::string json = to_json(resolve(spec, facts));
  for (const char* part : {"\"/etc/filter.json\"", "\"otherwise\": \"allow\"", "\"kill thread\"", "\"oci\""})
    EXPECT_NE(json.find(part), std::string::npos) << part << json;
}

}  // namespace
}  // namespace cloche
