#include "plan/resolve.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "plan/annas_machine.h"

namespace cloche {
namespace {

Spec make() {
  Spec spec;
  spec.command = {"make"};
  return spec;
}

bool has(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool degrades(const Plan& plan, const std::string& feature) {
  return std::any_of(plan.degraded.begin(), plan.degraded.end(),
                     [&](const auto& d) { return d.feature == feature; });
}

const MountStep* at(const Plan& plan, const std::string& destination) {
  const MountStep* found = nullptr;
  for (const MountStep& step : plan.view.steps)
    if (step.destination == destination) found = &step;
  return found;
}

TEST(APlanWithoutWishes, SharesTheCurrentFolderOnly) {
  const Plan plan = resolve(make(), annas_machine());
  EXPECT_EQ(plan.view.shared, "/home/anna/project");
  EXPECT_EQ(plan.view.workdir, "/home/anna/project");
  for (const MountStep& step : plan.view.steps)
    EXPECT_TRUE(!step.writable || step.destination == plan.view.shared) << step.destination;
  ASSERT_NE(at(plan, "/home/anna"), nullptr);
  EXPECT_EQ(at(plan, "/home/anna")->kind, MountStep::Kind::scratch);
  EXPECT_EQ(plan.net, NetMode::none);
  EXPECT_TRUE(plan.policy.capabilities.empty());
  EXPECT_EQ(plan.policy.seccomp, "default");
  EXPECT_TRUE(has(plan.enforced, "landlock"));
}

TEST(ThePlanOfACommand, IsTheUsersShellWithoutOne) {
  EXPECT_EQ(resolve({}, annas_machine()).command, (std::vector<std::string>{"/bin/bash"}));
}

TEST(TheHome, IsNeverShared) {
  for (const char* here : {"/home/anna", "/home", "/", "/tmp", "/proc/self", "/run/user/1000", ""}) {
    HostFacts facts = annas_machine();
    facts.working_directory = here;
    const Plan plan = resolve(make(), facts);
    EXPECT_EQ(plan.view.shared, "") << here;
    EXPECT_EQ(plan.notes.size(), 1u) << here;
    EXPECT_EQ(plan.view.workdir, "/home/anna") << here;
  }
}

TEST(TheCallersOwnNumber, StaysInsideWithTheRangeAroundIt) {
  const Plan plan = resolve(make(), annas_machine());
  EXPECT_EQ(plan.identity.uid, 1000u);
  EXPECT_EQ(plan.identity.uid_map,
            (std::vector<IdMapLine>{{0, 100000, 1000}, {1000, 1000, 1}, {1001, 101000, 64536}}));
}

TEST(Root, IsTheCallerOutside) {
  Spec spec = make();
  spec.as = As{As::Kind::root, 0, 0};
  const Plan plan = resolve(spec, annas_machine());
  EXPECT_EQ(plan.identity.uid_map, (std::vector<IdMapLine>{{0, 1000, 1}, {1, 100000, 65536}}));
  EXPECT_TRUE(has(plan.policy.capabilities, "chown"));
  EXPECT_FALSE(has(plan.policy.capabilities, "sys_admin"));
}

TEST(AnotherId, IsOneOfTheRange) {
  Spec spec = make();
  spec.as = As{As::Kind::ids, 33, 33};
  EXPECT_EQ(resolve(spec, annas_machine()).identity.uid, 33u);
  spec.as = As{As::Kind::ids, 70000, 33};
  EXPECT_THROW(resolve(spec, annas_machine()), Error);
  spec.map = MapMode::single;
  EXPECT_EQ(resolve(spec, annas_machine()).identity.uid_map, (std::vector<IdMapLine>{{70000, 1000, 1}}));
}

TEST(SeveralRanges, FollowOneAnother) {
  HostFacts facts = annas_machine();
  facts.subuids = {{100000, 10}, {200000, 5}};
  const Plan plan = resolve(make(), facts);
  EXPECT_EQ(plan.identity.uid_map,
            (std::vector<IdMapLine>{{0, 100000, 10}, {10, 200000, 5}, {1000, 1000, 1}}));
}

TEST(AMissingHelper, IsADegradationUnlessTheRangeWasAskedFor) {
  HostFacts facts = annas_machine();
  facts.newuidmap = {"", "newuidmap is not installed"};
  const Plan plan = resolve(make(), facts);
  EXPECT_FALSE(plan.identity.range);
  EXPECT_TRUE(degrades(plan, "id-range"));
  Spec spec = make();
  spec.map = MapMode::range;
  EXPECT_THROW(resolve(spec, facts), Error);
  spec = make();
  spec.policy.require = {"id-range"};
  EXPECT_THROW(resolve(spec, facts), Error);
}

TEST(OtherGroups, AreToldWhereTheyCannotBeDropped) {
  HostFacts facts = annas_machine();
  facts.groups = {1000, 27};
  Spec spec = make();
  EXPECT_FALSE(degrades(resolve(spec, facts), "groups"));
  spec.map = MapMode::single;
  EXPECT_TRUE(degrades(resolve(spec, facts), "groups"));
}

TEST(ChangesOfTheView, KeepTheirOrder) {
  Spec spec = make();
  spec.view = {{ViewChange::Kind::rw, "/srv/data", "/mnt", {}},
               {ViewChange::Kind::hide, "", "/mnt/secret", {}},
               {ViewChange::Kind::tmpfs, "", "/mnt/scratch", 4096}};
  const Plan plan = resolve(spec, annas_machine());
  auto steps = plan.view.steps;
  std::erase_if(steps, [](const auto& step) { return step.kind == MountStep::Kind::protect; });
  ASSERT_GE(steps.size(), 3u);
  EXPECT_EQ(steps[steps.size() - 3].destination, "/mnt");
  EXPECT_TRUE(steps[steps.size() - 3].writable);
  EXPECT_EQ(steps[steps.size() - 2].kind, MountStep::Kind::hide);
  EXPECT_EQ(steps[steps.size() - 1].size, 4096u);
}

TEST(ASource, ThatWouldLetTheCommandOutIsRefused) {
  for (const char* source : {"/run/user/1000", "/proc/1", "/", "/nowhere"}) {
    Spec spec = make();
    spec.view = {{ViewChange::Kind::ro, source, "/mnt", {}}};
    EXPECT_THROW(resolve(spec, annas_machine()), Error) << source;
  }
  Spec spec = make();
  spec.view = {{ViewChange::Kind::ro, "/run/user/1000", "/mnt", {}}};
  spec.policy.allow = {"host-sockets"};
  EXPECT_NO_THROW(resolve(spec, annas_machine()));
}

TEST(ARootTree, BringsItsOwnSystem) {
  Spec spec = make();
  spec.rootfs = "/srv/tree";
  const Plan plan = resolve(spec, annas_machine());
  ASSERT_NE(at(plan, "/usr"), nullptr);
  EXPECT_EQ(at(plan, "/usr")->source, "/srv/tree/usr");
  EXPECT_EQ(at(plan, "/etc"), nullptr);
  ASSERT_NE(at(plan, "/home/anna"), nullptr);
  EXPECT_EQ(at(plan, "/home/anna")->kind, MountStep::Kind::scratch) << "the home is private, not the tree's";
}

TEST(TheEnvironment, HoldsNoSecretUnlessItIsNamed) {
  Spec spec = make();
  EXPECT_FALSE(has(resolve(spec, annas_machine()).environment, "AWS_SECRET_ACCESS_KEY=s3cret"));
  spec.pass_environment = {"AWS_*"};
  EXPECT_TRUE(has(resolve(spec, annas_machine()).environment, "AWS_SECRET_ACCESS_KEY=s3cret"));
  spec.pass_environment.clear();
  spec.environment = {{"A", "b"}, {"LANG", "de"}, {"UNSET", std::nullopt}};
  const Plan plan = resolve(spec, annas_machine());
  EXPECT_TRUE(has(plan.environment, "A=b"));
  EXPECT_TRUE(has(plan.environment, "LANG=de"));
  EXPECT_TRUE(has(plan.environment, "HOME=/home/anna"));
}

TEST(Limits, AreRequiredOnceAskedFor) {
  EXPECT_FALSE(resolve(make(), annas_machine()).cgroup.required);
  Spec spec = make();
  spec.limits.memory = 1 << 30;
  const Plan plan = resolve(spec, annas_machine());
  EXPECT_TRUE(plan.cgroup.required);
  EXPECT_EQ(plan.cgroup.limits.swap, 0u);
  EXPECT_EQ(plan.cgroup.limits.tasks, 4096u);
  spec.policy.allow = {"unlimited"};
  EXPECT_FALSE(resolve(spec, annas_machine()).cgroup.required);
  spec = make();
  spec.limits.swap = 1;
  EXPECT_THROW(resolve(spec, annas_machine()), UsageError);
}

TEST(ThePolicy, RefusesWhatIsNoTokenAndWhatUndoesIt) {
  Spec spec = make();
  spec.policy.allow = {"ptarce"};
  EXPECT_THROW(resolve(spec, annas_machine()), UsageError);
  spec = make();
  spec.policy.capabilities = {"sys_admin"};
  EXPECT_THROW(resolve(spec, annas_machine()), Error);
  spec = make();
  spec.policy.require = {"nonsense"};
  EXPECT_THROW(resolve(spec, annas_machine()), UsageError);
}

TEST(Landlock, IsADegradationWithoutTheKernelAndAnErrorWhenRequired) {
  HostFacts facts = annas_machine();
  facts.landlock_abi = 0;
  EXPECT_TRUE(degrades(resolve(make(), facts), "landlock"));
  Spec spec = make();
  spec.policy.landlock = LandlockMode::require;
  EXPECT_THROW(resolve(spec, facts), Error);
  EXPECT_EQ(resolve(spec, annas_machine()).policy.landlock.abi, 6);
}

TEST(APath, IsMadeAbsoluteWithoutFollowingLinks) {
  const HostFacts facts = annas_machine();
  EXPECT_EQ(absolute("a/./b/../c", facts), "/home/anna/project/a/c");
  EXPECT_EQ(absolute("/../../x//y/", facts), "/x/y");
  EXPECT_EQ(absolute("..", facts), "/home/anna");
}

TEST(ADefaultName, CanAlwaysBeUsed) {
  EXPECT_EQ(default_name("/usr/bin/make", 7), "make-7");
  EXPECT_EQ(default_name("./a b\n", 7), "a-b--7");
  EXPECT_EQ(default_name("", 7), "run-7");
}

}  // namespace
}  // namespace cloche
