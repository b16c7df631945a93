// Which paths of a shared folder are kept read-only, and as what those are kept missing that are missing.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "plan/json.h"
#include "plan/resolve.h"

namespace cloche {
namespace {

constexpr const char* kProject = "/home/anna/project";

HostFacts machine() {
  HostFacts facts;
  facts.uid = facts.gid = 1000;
  facts.user = "anna";
  facts.home = "/home/anna";
  facts.shell = "/bin/bash";
  facts.working_directory = kProject;
  facts.system = {{"/usr", ""}};
  facts.landlock_abi = 6;
  return facts;
}

void add(HostFacts& facts, const std::string& path, PathFact::Kind kind, const std::string& resolved = {}) {
  facts.paths[path] = {kind, resolved.empty() ? path : resolved, {}};
}

/// With a repository in it, as `git init` makes one.
HostFacts machine_with_repository() {
  HostFacts facts = machine();
  add(facts, kProject, PathFact::Kind::folder);
  add(facts, "/home/anna/project/.git", PathFact::Kind::folder);
  add(facts, "/home/anna/project/.git/config", PathFact::Kind::file);
  add(facts, "/home/anna/project/.git/hooks", PathFact::Kind::folder);
  return facts;
}

Spec make(std::vector<std::string> allow = {}) {
  Spec spec;
  spec.command = {"make"};
  spec.policy.allow = std::move(allow);
  return spec;
}

/// "sealed", "pinned" (no more than kept from being renamed) or "free".
std::string state_of(const Plan& plan, const std::string& destination) {
  for (const MountStep& step : plan.view.steps)
    if (step.kind == MountStep::Kind::protect && step.destination == destination)
      return step.writable ? "pinned" : "sealed";
  return "free";
}

bool is_kept_free(const Plan& plan, const std::string& folder, const std::string& name) {
  const auto& all = plan.view.placeholders;
  return std::any_of(all.begin(), all.end(),
                     [&](const auto& step) { return step.folder == folder && step.name == name; });
}

/// Nothing keeps it from being made: that is told when the run is over.
bool is_left(const Plan& plan, const std::string& path) {
  const auto& absent = plan.view.absent;
  return std::find(absent.begin(), absent.end(), path) != absent.end();
}

TEST(AFolderToShareIfPresent, IsNotProtectedWhereItIsMissing) {
  Spec spec = make();
  spec.view.push_back({.kind = ViewChange::Kind::rw, .source = "/srv/cache", .destination = "/srv/cache"});
  spec.view.back().optional = true;
  HostFacts facts = machine();
  EXPECT_FALSE(is_kept_free(resolve(spec, facts), "/srv/cache", ".git"));
  add(facts, "/srv/cache", PathFact::Kind::folder);
  EXPECT_TRUE(is_kept_free(resolve(spec, facts), "/srv/cache", ".git"));
}

TEST(ASharedRepository, KeepsItsHooksAndSettingsAndTheFolderThatHoldsThem) {
  const Plan plan = resolve(make(), machine_with_repository());
  EXPECT_EQ(state_of(plan, "/home/anna/project/.git"), "pinned");
  EXPECT_EQ(state_of(plan, "/home/anna/project/.git/hooks"), "sealed");
  EXPECT_EQ(state_of(plan, "/home/anna/project/.git/config"), "sealed");
  EXPECT_FALSE(is_kept_free(plan, kProject, ".git"));
  EXPECT_TRUE(is_kept_free(plan, kProject, ".git/commondir"));
  EXPECT_EQ(std::count(plan.enforced.begin(), plan.enforced.end(), "protected-paths"), 1);
}

TEST(APinnedFolder, IsMountedBeforeWhatIsSealedInIt) {
  const Plan plan = resolve(make(), machine_with_repository());
  std::vector<std::string> order;
  for (const MountStep& step : plan.view.steps)
    if (step.kind == MountStep::Kind::protect) order.push_back(step.destination);
  const auto pinned = std::find(order.begin(), order.end(), "/home/anna/project/.git");
  const auto sealed = std::find(order.begin(), order.end(), "/home/anna/project/.git/hooks");
  EXPECT_LT(pinned, sealed);
  EXPECT_NE(sealed, order.end());
}

TEST(AFolderWithoutARepository, KeepsFreeWhatCouldBePlanted) {
  const Plan plan = resolve(make(), machine());
  for (const char* name : {".git", ".envrc", ".vscode", ".mcp.json"})
    EXPECT_TRUE(is_kept_free(plan, kProject, name)) << name;
  EXPECT_FALSE(is_kept_free(plan, kProject, ".git/hooks")) << "it goes with .git";
  for (const PlaceholderStep& step : plan.view.placeholders)
    EXPECT_EQ(state_of(plan, step.path()), "sealed") << step.path();
  EXPECT_TRUE(plan.view.absent.empty());
  EXPECT_FALSE(is_kept_free(plan, kProject, ".bashrc")) << "no shell reads it there";
}

TEST(WhatStandsForAPath, IsALinkWhereGitDoesNotListIt) {
  const auto kind_of = [](const Plan& plan, const std::string& name) {
    for (const PlaceholderStep& step : plan.view.placeholders)
      if (step.name == name) return step.kind;
    return PlaceholderKind::same;
  };
  HostFacts facts = machine();
  EXPECT_EQ(kind_of(resolve(make(), facts), ".envrc"), PlaceholderKind::link);
  add(facts, "/home/anna/.git", PathFact::Kind::folder);
  EXPECT_EQ(kind_of(resolve(make(), facts), ".envrc"), PlaceholderKind::folder);
  EXPECT_EQ(kind_of(resolve(make(), facts), ".git"), PlaceholderKind::link);
}

TEST(AWeakening, LeavesItsPathsAloneAndNoOthers) {
  Plan plan = resolve(make({"git-hooks"}), machine_with_repository());
  EXPECT_EQ(state_of(plan, "/home/anna/project/.git/hooks"), "free");
  EXPECT_EQ(state_of(plan, "/home/anna/project/.git/config"), "sealed");
  plan = resolve(make({"git-init"}), machine());
  EXPECT_FALSE(is_kept_free(plan, kProject, ".git"));
  EXPECT_TRUE(is_kept_free(plan, kProject, ".envrc"));
}

TEST(AGitFile, OfAWorkTreeOrASubmoduleIsSealed) {
  HostFacts facts = machine();
  add(facts, "/home/anna/project/.git", PathFact::Kind::file);
  EXPECT_EQ(state_of(resolve(make(), facts), "/home/anna/project/.git"), "sealed");
  EXPECT_EQ(state_of(resolve(make({"git-config"}), facts), "/home/anna/project/.git"), "free");
}

TEST(ALink, IsKeptAndSoIsWhatItLeadsToInTheSharedFolder) {
  HostFacts facts = machine();
  add(facts, kProject, PathFact::Kind::folder);
  add(facts, "/home/anna/project/.git", PathFact::Kind::folder, "/home/anna/project/a/b.git");
  add(facts, "/home/anna/project/.git/config", PathFact::Kind::file, "/home/anna/project/a/b.git/config");
  add(facts, "/home/anna/project/.envrc", PathFact::Kind::file, "/home/anna/project/conf/envrc");
  const Plan plan = resolve(make(), facts);
  EXPECT_EQ(state_of(plan, "/home/anna/project/.git"), "pinned");
  EXPECT_EQ(state_of(plan, "/home/anna/project/a"), "pinned");
  EXPECT_EQ(state_of(plan, "/home/anna/project/a/b.git"), "pinned");
  EXPECT_EQ(state_of(plan, "/home/anna/project/a/b.git/config"), "sealed");
  EXPECT_EQ(state_of(plan, "/home/anna/project/.envrc"), "sealed");
  EXPECT_EQ(state_of(plan, "/home/anna/project/conf/envrc"), "sealed");
}

TEST(ALink, ThatLeadsOutOfTheSharedFolderIsKeptItself) {
  HostFacts facts = machine();
  add(facts, kProject, PathFact::Kind::folder);
  add(facts, "/home/anna/project/.vscode", PathFact::Kind::folder, "/home/anna/shared-settings");
  const Plan plan = resolve(make(), facts);
  EXPECT_EQ(state_of(plan, "/home/anna/project/.vscode"), "sealed");
  for (const MountStep& step : plan.view.steps) EXPECT_NE(step.destination, "/home/anna/shared-settings");
}

TEST(ALink, ThatLeadsNowhereIsKeptItself) {
  HostFacts facts = machine();
  facts.paths["/home/anna/project/.envrc"].leads_nowhere = true;
  const Plan plan = resolve(make(), facts);
  EXPECT_EQ(state_of(plan, "/home/anna/project/.envrc"), "sealed");
  EXPECT_FALSE(is_kept_free(plan, kProject, ".envrc"));
}

TEST(AWritableFolder, IsProtectedWhereItIsShown) {
  HostFacts facts = machine();
  add(facts, "/srv/data", PathFact::Kind::folder);
  add(facts, "/srv/data/.envrc", PathFact::Kind::file);
  Spec spec = make();
  spec.view = {{ViewChange::Kind::rw, "/srv/data", "/data", {}}};
  const Plan plan = resolve(spec, facts);
  EXPECT_EQ(state_of(plan, "/data/.envrc"), "sealed");
  EXPECT_TRUE(is_kept_free(plan, "/srv/data", ".git"));
}

TEST(AHome, KeepsTheStartFilesOfShells) {
  HostFacts facts = machine();
  add(facts, "/home/anna", PathFact::Kind::folder);
  add(facts, "/home/anna/.bashrc", PathFact::Kind::file);
  add(facts, "/home/anna/.config", PathFact::Kind::folder);
  add(facts, "/home/anna/.config/systemd", PathFact::Kind::folder);
  Spec spec = make();
  spec.view = {{ViewChange::Kind::rw, "/home/anna", "", {}}};
  const Plan plan = resolve(spec, facts);
  EXPECT_EQ(state_of(plan, "/home/anna/.bashrc"), "sealed");
  EXPECT_EQ(state_of(plan, "/home/anna/.config"), "pinned");
  EXPECT_TRUE(is_kept_free(plan, "/home/anna", ".zshenv"));
  EXPECT_TRUE(is_kept_free(plan, "/home/anna", ".config/fish"));
}

TEST(AGitDirectory, ThatIsSharedItselfKeepsItsHooks) {
  HostFacts facts = machine();
  add(facts, "/srv/tree.git", PathFact::Kind::folder);
  add(facts, "/srv/tree.git/config", PathFact::Kind::file);
  Spec spec = make();
  spec.view = {{ViewChange::Kind::rw, "/srv/tree.git", "", {}}};
  const Plan plan = resolve(spec, facts);
  EXPECT_EQ(state_of(plan, "/srv/tree.git/config"), "sealed");
  EXPECT_TRUE(is_kept_free(plan, "/srv/tree.git", "hooks"));
}

TEST(AProtectedPath, ThatIsNamedWritableIsWritable) {
  HostFacts facts = machine_with_repository();
  Spec spec = make();
  spec.view = {{ViewChange::Kind::rw, ".git/hooks", "", {}}};
  const Plan plan = resolve(spec, facts);
  const MountStep* last = nullptr;
  for (const MountStep& step : plan.view.steps)
    if (step.destination == "/home/anna/project/.git/hooks") last = &step;
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(last->kind, MountStep::Kind::bind);
  EXPECT_TRUE(last->writable) << "it lies over the seal";
}

TEST(AFolder, ThatIsCoveredLaterNeedsNoProtection) {
  HostFacts facts = machine_with_repository();
  Spec spec = make();
  spec.view = {{ViewChange::Kind::ro, kProject, "", {}}};
  const Plan plan = resolve(spec, facts);
  EXPECT_TRUE(plan.view.placeholders.empty());
  EXPECT_EQ(state_of(plan, "/home/anna/project/.git"), "free");
}

TEST(AFolderThatIsSharedTwice, HasOnePlaceholderAndAMountWhereverItIsShown) {
  HostFacts facts = machine();
  add(facts, "/srv/data", PathFact::Kind::folder);
  Spec spec = make();
  spec.here = HereMode::none;
  spec.view = {{ViewChange::Kind::rw, "/srv/data", "/data", {}}, {ViewChange::Kind::rw, "/srv/data", "", {}}};
  const Plan plan = resolve(spec, facts);
  EXPECT_EQ(std::count_if(plan.view.placeholders.begin(), plan.view.placeholders.end(),
                          [](const auto& step) { return step.name == ".git"; }),
            1);
  for (const char* at : {"/data/.git", "/srv/data/.git"}) EXPECT_EQ(state_of(plan, at), "sealed") << at;
}

TEST(APlaceOfAMount, ThatIsNamedIsNotKeptFree) {
  Spec spec = make();
  spec.view = {{ViewChange::Kind::ro, "/etc/hostname", "/home/anna/project/.envrc", {}}};
  HostFacts facts = machine();
  add(facts, "/etc/hostname", PathFact::Kind::file);
  const Plan plan = resolve(spec, facts);
  EXPECT_FALSE(is_kept_free(plan, kProject, ".envrc"));
  EXPECT_TRUE(is_left(plan, "/home/anna/project/.envrc"));
}

TEST(AMissingFolder, OfWhichAWeakeningOpensAPartIsLeftAlone) {
  HostFacts facts = machine();
  add(facts, "/home/anna", PathFact::Kind::folder);
  Spec spec = make();
  spec.view = {{ViewChange::Kind::rw, "/home/anna", "", {}}};
  Plan plan = resolve(spec, facts);
  EXPECT_TRUE(is_kept_free(plan, "/home/anna", ".config"));
  spec.policy.allow = {"git-config"};
  plan = resolve(spec, facts);
  EXPECT_FALSE(is_kept_free(plan, "/home/anna", ".config"));
  EXPECT_TRUE(is_left(plan, "/home/anna/.config/systemd"));
}

TEST(ARequiredProtection, IsAnErrorWhereAPathCannotBeKept) {
  HostFacts facts = machine();
  add(facts, "/srv/tree.git", PathFact::Kind::folder);
  Spec spec = make();
  spec.policy.require = {"protected-paths"};
  EXPECT_TRUE(resolve(spec, facts).view.must_keep);
  spec.view = {{ViewChange::Kind::rw, "/srv/tree.git", "", {}}};
  EXPECT_THROW(resolve(spec, facts), Error)
      << "Git dies of whatever stands for a bare repository's commondir";
}

TEST(ThePrintedPlan, ShowsWhatIsProtected) {
  const std::string text = to_json(resolve(make(), machine_with_repository()));
  EXPECT_NE(text.find("\"protect\""), std::string::npos);
  EXPECT_NE(text.find("/.envrc\""), std::string::npos);
}

}  // namespace
}  // namespace cloche
