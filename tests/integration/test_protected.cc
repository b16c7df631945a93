// A folder that is shared writable keeps what would run code outside later, real Git works in it, and nothing
// of the keeping shows on the host.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "project.h"

namespace cloche::testing {
namespace {

constexpr const char* kIdentity = "git -c user.name=Anna -c user.email=anna@example.org ";

/// A project under Git with one commit.
struct Repository : Project {
  Repository() {
    outside("git init -q -b main . && echo one > one && git add one");
    outside(std::string(kIdentity) + "commit -q -m one");
  }
  Ended outside(const std::string& script) const {
    return run({.words = {"sh", "-c", script}, .directory = path()});
  }
  /// All that stands in the folder.
  std::string names() const { return outside("find . -path ./.git/objects -prune -o -print | sort").out; }
};

TEST(ARepository, IsCommittedToInside) {
  const Repository project;
  const Ended ended = project.cloche.sh(
      std::string("echo two > two && git add two && ") + kIdentity +
      "commit -q -m two && git checkout -q -b branch && git status --porcelain && git tag v1 && "
      "git clone -q . copy && git -C copy log --oneline | wc -l && rm -rf copy");
  EXPECT_EQ(ended.status, 0) << ended;
  EXPECT_EQ(trim(ended.out), "2") << ended;
  EXPECT_EQ(project.outside("git log --oneline v1 | wc -l").out, "2\n");
  EXPECT_EQ(project.outside("git fsck 2>&1").status, 0);
}

TEST(ARepository, KeepsItsHooksAndSettings) {
  const Repository project;
  for (const char* script :
       {"git config core.fsmonitor ./evil", "echo evil > .git/hooks/post-commit", "mv .git aside",
        "rm -rf .git/hooks && mkdir .git/hooks", "ln -sf /tmp/x .git/config"}) {
    const Ended ended = project.cloche.sh(script);
    EXPECT_NE(ended.status, 0) << script << ended;
  }
  EXPECT_EQ(project.outside("git config core.fsmonitor").status, 1);
  EXPECT_TRUE(exists(project.at(".git/HEAD")));
}

TEST(AFolder, SaysWhatWasPlantedInItForLater) {
  const Project project;
  const Ended ended = project.cloche.sh("git init -q . && echo evil > .envrc");
  EXPECT_EQ(ended.status, 0) << ended;
  for (const char* name : {"/.git'", "/.envrc'"}) EXPECT_NE(ended.err.find(name), std::string::npos) << ended;
}

TEST(AFolder, SaysNothingOfWhatMayBeMade) {
  const Project project;
  Cloche named = project.cloche;
  named.options = {"--allow", "git-init"};
  EXPECT_EQ(named.sh("git init -q .").err, "");
}

TEST(AWeakening, LetsItsPathsBeWritten) {
  const Repository project;
  Cloche weak = project.cloche;
  weak.options = {"--allow", "git-config"};
  EXPECT_EQ(weak.sh("git config core.fsmonitor ./mine").status, 0);
  EXPECT_EQ(project.outside("git config core.fsmonitor").out, "./mine\n");
  const Repository other;
  Cloche named = other.cloche;
  named.options = {"--rw", ".git/hooks"};
  EXPECT_EQ(named.sh("echo '#!/bin/sh' > .git/hooks/post-commit").status, 0);
  EXPECT_TRUE(exists(other.at(".git/hooks/post-commit")));
}

TEST(AProtectedFolder, HoldsNothingOfItAfterwards) {
  const Repository project;
  const std::string before = project.names();
  for (int round = 0; round < 10; ++round) EXPECT_EQ(project.cloche.sh("true").status, 0);
  EXPECT_EQ(before, project.names());
}

TEST(AProtectedFolder, DoesNotLookChangedToGitWhileTheCommandRuns) {
  const Repository project;
  Running running(project.cloche.command({"sh", "-c", "echo ready; exec sleep 100"}));
  ASSERT_TRUE(running.wait_for("ready"));
  EXPECT_EQ(project.outside("git status --porcelain").out, "");
  EXPECT_EQ(project.outside("git log --oneline | wc -l").out, "1\n");
  running.signal(SIGTERM);
  running.wait();
}

TEST(ALinkedRepository, IsKeptWhereItIs) {
  const Repository project;
  project.outside("mkdir deep && mv .git deep/real.git && ln -s deep/real.git .git");
  for (const char* script : {"echo evil > .git/hooks/x", "rm .git", "mv deep other",
                             "perl -e 'rename(q(deep/real.git), q(deep/y)) or exit 1'"})
    EXPECT_NE(project.cloche.sh(script).status, 0) << script;
  EXPECT_EQ(project.cloche.sh("echo two > two && git add two").status, 0);
}

}  // namespace
}  // namespace cloche::testing
