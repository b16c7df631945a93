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

/// Says "ready" and stays.
Command sleeper(const Project& project) {
  return project.cloche.command({"sh", "-c", "echo ready; exec sleep 100"});
}

bool kill_sweeper_of(const Running& cloche) {
  return run({.words = {"pkill", "-KILL", "-P", std::to_string(cloche.pid()), "-x", "cloche-sweeper"}})
             .status == 0;
}

// Each once worked where the path did not exist yet.
TEST(AFolderWithoutARepository, CannotBeGivenOneNorAnythingElseThatRunsLater) {
  const Project project;
  write_file(project.at("script"), "echo evil\n");
  make_folder(project.at("folder"));
  const std::string before = folder_state(project.path());
  for (const char* script : {"git init -q .",
                             "mkdir .git",
                             "mkdir -p .git/hooks",
                             "echo evil > .envrc",
                             "ln -s script .envrc",
                             "ln script .exrc",
                             "mv script .envrc",
                             "mv -T folder .vscode",
                             "mkdir .vscode/x",
                             "mv -T folder .git",
                             "rmdir .vscode",
                             "rm -r .vscode",
                             "rm .git",
                             "mv .git aside",
                             "mv .vscode aside",
                             "ln -sfn folder .git",
                             "ln -sfn folder .vscode",
                             "cp script .nvim.lua/",
                             "chmod 700 .vscode",
                             "touch .vscode",
                             "perl -e 'syscall(316, -100, q(folder), -100, q(.vscode), 2) == 0 or exit 1'",
                             "python3 -c 'import os; os.rename(\"folder\", \".vscode\")'"}) {
    const Ended ended = project.cloche.sh(script);
    EXPECT_NE(ended.status, 0) << script << ended;
    EXPECT_EQ(before, folder_state(project.path())) << script;
  }
}

TEST(AFolderWithoutARepository, LooksLikeOneToWhatIsBuiltInIt) {
  const Project project;
  const Ended ended = project.cloche.sh(
      "test ! -e .git && test ! -d .git && test ! -f .envrc && test ! -f .vimrc && ! git rev-parse "
      "--git-dir");
  EXPECT_EQ(ended.status, 0) << ended;
  EXPECT_EQ(trim(ended.err).find("cloche:"), std::string::npos) << ended;
}

TEST(AFolder, SaysWhatWasPlantedInItForLater) {
  const TemporaryFolder work(home_folder());
  make_folder(work.at("tree.git"));
  const Cloche cloche{.directory = work.at("tree.git")};
  const Ended ended = cloche.sh("echo /tmp > commondir");
  EXPECT_EQ(ended.status, 0) << ended;
  EXPECT_NE(ended.err.find("/commondir'"), std::string::npos) << ended;
}

TEST(AFolder, SaysNothingOfWhatMayBeMade) {
  const Project project;
  Cloche named = project.cloche;
  named.options = {"--allow", "git-init"};
  const Ended ended = named.sh("git init -q . && git add -A && git status --porcelain");
  EXPECT_EQ(ended.status, 0) << ended;
  EXPECT_EQ(ended.err, "");
  EXPECT_TRUE(exists(project.at(".git/HEAD")));
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

TEST(AProtectedFolder, HasTheSameTimeAfterwards) {
  const Project project;
  const auto modified = [&] {
    struct stat there {};
    ::stat(project.path().c_str(), &there);
    return std::make_pair(there.st_mtim.tv_sec, there.st_mtim.tv_nsec);
  };
  const auto before = modified();
  EXPECT_EQ(project.cloche.sh("true").status, 0);
  EXPECT_EQ(before, modified());
  EXPECT_EQ(project.cloche.sh("echo > made").status, 0);
  EXPECT_NE(before, modified());
}

TEST(AProtectedFolder, DoesNotLookChangedToGitWhileTheCommandRuns) {
  const Repository project;
  Running running(sleeper(project));
  ASSERT_TRUE(running.wait_for("ready"));
  EXPECT_EQ(project.outside("git status --porcelain").out, "");
  EXPECT_EQ(project.outside("git log --oneline | wc -l").out, "1\n");
  running.signal(SIGTERM);
  running.wait();
}

TEST(TwoRunsOnOneFolder, KeepItUntilTheSecondEnds) {
  const Project project;
  const std::string before = folder_state(project.path());
  Running first(sleeper(project));
  ASSERT_TRUE(first.wait_for("ready"));
  Running second(sleeper(project));
  ASSERT_TRUE(second.wait_for("ready"));
  first.signal(SIGTERM);
  const Ended ended = first.wait();
  EXPECT_EQ(ended.err, "") << "what stands for a path is nobody's plant";
  EXPECT_NE(before, folder_state(project.path())) << "the second run has nothing left to lay its mounts on";
  EXPECT_NE(project.cloche.sh("mkdir .vscode").status, 0);
  second.signal(SIGTERM);
  second.wait();
  EXPECT_EQ(before, folder_state(project.path()));
}

/// Until it is so, for as long as a test waits.
bool becomes(const Project& project, const std::string& state) {
  for (int tries = 0; tries < 3000 && folder_state(project.path()) != state; ++tries) ::usleep(10'000);
  return folder_state(project.path()) == state;
}

TEST(AKilledRun, LeavesNothingInTheFolder) {
  const Project project;
  const std::string before = folder_state(project.path());
  for (int round = 0; round < 30; ++round) {
    Running running(sleeper(project));
    // At any moment of its start, and while it runs.
    if (round % 10 != 9)
      ::usleep(static_cast<useconds_t>(round) * 400);
    else
      running.wait_for("ready");
    running.signal(SIGKILL);
    running.wait();
    EXPECT_TRUE(becomes(project, before)) << "round " << round << "\n" << folder_state(project.path());
  }
  EXPECT_EQ(left_behind(), "");
}

TEST(WhatADeadMachineLeft, IsTakenAwayByTheNextRun) {
  const Project project;
  const std::string before = folder_state(project.path());
  Running running(sleeper(project));
  ASSERT_TRUE(running.wait_for("ready"));
  // As when the power fails: nobody is there to clean up.
  ASSERT_TRUE(kill_sweeper_of(running));
  running.signal(SIGKILL);
  running.wait();
  EXPECT_EQ(left_behind(), "");
  EXPECT_NE(before, folder_state(project.path()));
  EXPECT_EQ(project.cloche.sh("mkdir .vscode").status, 1);
  EXPECT_EQ(before, folder_state(project.path()));
}

TEST(ASweeperThatIsKilled, IsDoneWithout) {
  const Project project;
  const std::string before = folder_state(project.path());
  Running running(sleeper(project));
  ASSERT_TRUE(running.wait_for("ready"));
  ASSERT_TRUE(kill_sweeper_of(running));
  running.signal(SIGTERM);
  running.wait();
  EXPECT_EQ(before, folder_state(project.path()));
}

TEST(APersonOutside, MayUseAPlaceOfAWorkTreeMeanwhile) {
  const Repository project;
  Running running(sleeper(project));
  ASSERT_TRUE(running.wait_for("ready"));
  write_file(project.at(".vscode/settings.json"), "{}");
  running.signal(SIGTERM);
  const Ended ended = running.wait();
  EXPECT_NE(ended.err.find("/.vscode'"), std::string::npos) << "nobody can tell who made it" << ended;
  EXPECT_EQ(text_of(project.at(".vscode/settings.json")), "{}");
  struct stat there {};
  ASSERT_EQ(::stat(project.at(".vscode").c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 07777, 0755U) << "a folder as any other";
}

/// cloche, started in `folder` once `mount` has been done to that, for itself alone.
Ended run_in_mounted(const std::string& folder, const std::string& mount, const std::string& words) {
  const std::string back = "exec unshare -U --map-user=" + std::to_string(::getuid()) +
                           " --map-group=" + std::to_string(::getgid()) + " ";
  return run({.words = {"unshare", "-rm", "sh", "-ec",
                        mount + "; cd " + folder + "; " + back + cloche_binary() + " run " + words}});
}

TEST(AFolderThatTakesNoPlaceholders, IsNotWorkedInSilently) {
  const TemporaryFolder folder(home_folder());
  const std::string full = "mount -t tmpfs -o mode=777,nr_inodes=2 none " + folder.path();
  const Ended told = run_in_mounted(folder.path(), full, "-- true");
  EXPECT_EQ(told.status, 0) << told;
  for (const char* word : {"/.husky'", "ENOSPC"}) EXPECT_NE(told.err.find(word), std::string::npos) << told;
  const Ended required = run_in_mounted(folder.path(), full, "--require protected-paths -- true");
  EXPECT_EQ(required.status, 125) << required;
  EXPECT_NE(required.err.find("ENOSPC"), std::string::npos) << required;
  const std::string read_only =
      "mount --bind " + folder.path() + " " + folder.path() + "; mount -o remount,ro,bind " + folder.path();
  const Ended quiet = run_in_mounted(folder.path(), read_only, "-- touch made");
  EXPECT_EQ(quiet.status, 1) << quiet;
  EXPECT_EQ(quiet.err.find("cloche: "), std::string::npos) << "nothing can be made there at all" << quiet;
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
