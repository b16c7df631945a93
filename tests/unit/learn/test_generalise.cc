#include "learn/generalise.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "learn/box.h"
#include "learn/secrets.h"
#include "trace/annas.h"

namespace cloche {
namespace {

/// Anna's machine while a command is learned: her home has folders beside the project.
struct Lessons {
  HostFacts facts = annas_machine();
  FakeHost host;
  Log log;
  Spec asked;

  Lessons() {
    asked.command = {"make"};
    for (const char* path : {"/home/anna/src", "/home/anna/.config/git", "/home/anna/.cargo",
                             "/home/anna/project", "/var/lib", "/srv"})
      facts.paths[path] = {PathFact::Kind::folder, path, {}};
  }
  static std::vector<std::string> names(const std::string& folder) {
    if (folder == "/") return {"home", "srv", "usr", "proc", "tmp"};
    if (folder == "/home/anna") return {".config", ".cargo", ".ssh", "project", "src"};
    if (folder == "/home/anna/.config") return {"git", "gcloud"};
    if (folder == "/home/anna/.cargo") return {"config.toml", "credentials.toml"};
    return {};
  }
  void did(Intent intent, const std::string& path, int error = 0) {
    Act act;
    act.call = "openat";
    act.intent = intent;
    act.object = path;
    act.error = error;
    log.add(act, [] { return "cc"; });
  }
  Learned learned() {
    const Plan plain = resolve(asked, facts);
    const Plan box = resolve(learning_spec(asked, facts, names), facts);
    return generalise({box, plain, log, host.outside(), facts.working_directory});
  }
};

TEST(TheLearningBox, SharesTheCurrentFolderAsTheProfileDoes) {
  Lessons lessons;
  lessons.facts.working_directory = "/home/anna/src";
  const auto kind_of_own = [&] {
    return learning_spec(lessons.asked, lessons.facts, Lessons::names).view.back().kind;
  };
  EXPECT_EQ(kind_of_own(), ViewChange::Kind::rw);
  lessons.asked.here = HereMode::read_only;
  EXPECT_EQ(kind_of_own(), ViewChange::Kind::ro);
}

TEST(TheLearningBox, ShowsTheHomeWithoutItsSecrets) {
  const Lessons lessons;
  const Spec spec = learning_spec(lessons.asked, lessons.facts, Lessons::names);
  std::vector<std::string> shown, hidden;
  for (const ViewChange& change : spec.view) {
    if (change.kind == ViewChange::Kind::ro) shown.push_back(change.source);
    if (change.kind == ViewChange::Kind::hide) hidden.push_back(change.destination);
  }
  const auto has = [](const auto& list, const char* path) {
    return std::find(list.begin(), list.end(), path) != list.end();
  };
  EXPECT_TRUE(has(shown, "/home/anna/src") && has(shown, "/home/anna/.config/git") && has(shown, "/srv"));
  EXPECT_FALSE(has(shown, "/home/anna/.ssh") || has(shown, "/home/anna/.config/gcloud") ||
               has(shown, "/proc"));
  EXPECT_EQ(hidden, std::vector<std::string>{"/home/anna/.cargo/credentials.toml"});
}

TEST(AReadFile, BecomesARuleWithTheVariable) {
  Lessons lessons;
  lessons.host.file("/home/anna/.config/git/config");
  lessons.did(Intent::read, "/home/anna/.config/git/config");
  lessons.did(Intent::read, "/home/anna/.config/git/config");
  const Rules ro = lessons.learned().ro;
  ASSERT_EQ(ro.size(), 1u);
  EXPECT_EQ(ro.begin()->first, "$HOME/.config/git/config");
  EXPECT_EQ(ro.begin()->second.count, 2u);
  EXPECT_EQ(ro.begin()->second.process, "cc");
}

TEST(AReadFile, IsWrittenAsAProfileTakesPaths) {
  Lessons lessons;
  lessons.host.file("/srv/a:b$c").file("/srv/\xff");
  lessons.did(Intent::read, "/srv/a:b$c");
  lessons.did(Intent::read, "/srv/\xff");
  const Learned learned = lessons.learned();
  ASSERT_EQ(learned.ro.size(), 1u);
  EXPECT_EQ(learned.ro.begin()->first, "/srv/a\\:b$$c");
  EXPECT_EQ(learned.not_granted.size(), 1u);
}

TEST(ManyFilesOfAFolder, BecomeTheFolder) {
  Lessons lessons;
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    lessons.host.file(std::string("/home/anna/src/lib/") + name);
    lessons.did(Intent::read, std::string("/home/anna/src/lib/") + name);
  }
  const Rules ro = lessons.learned().ro;
  ASSERT_EQ(ro.size(), 1u);
  EXPECT_EQ(ro.begin()->first, "$HOME/src/lib");
  EXPECT_EQ(ro.begin()->second.count, 5u);
}

TEST(AFolderWithASecret, IsNotGrantedForItsFiles) {
  Lessons lessons;
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    lessons.host.file(std::string("/home/anna/.cargo/") + name);
    lessons.did(Intent::read, std::string("/home/anna/.cargo/") + name);
  }
  EXPECT_EQ(lessons.learned().ro.size(), 5u);
}

TEST(TheSystemAndTheCurrentFolder, NeedNoRule) {
  Lessons lessons;
  lessons.host.file("/usr/include/stdio.h").file("/home/anna/project/a.c");
  lessons.did(Intent::read, "/usr/include/stdio.h");
  lessons.did(Intent::read, "/home/anna/project/a.c");
  const Learned learned = lessons.learned();
  EXPECT_TRUE(learned.ro.empty());
  EXPECT_EQ(learned.here, "ro");
}

TEST(WhatWasLookedForInVain, IsLeftOut) {
  Lessons lessons;
  lessons.did(Intent::read, "/home/anna/src/missing.h", ENOENT);
  const Learned learned = lessons.learned();
  EXPECT_TRUE(learned.ro.empty() && learned.not_granted.empty());
}

TEST(ASecret, IsToldAndNotGranted) {
  Lessons lessons;
  lessons.host.file("/home/anna/.ssh/config");
  lessons.did(Intent::read, "/home/anna/.ssh/config", ENOENT);
  const Learned learned = lessons.learned();
  EXPECT_TRUE(learned.ro.empty());
  ASSERT_EQ(learned.not_granted.size(), 1u);
  EXPECT_EQ(learned.not_granted.begin()->first, "--ro ~/.ssh/config");
  EXPECT_EQ(learned.not_granted.begin()->second.why, "it is a secret");
}

TEST(AListedHome, IsNotGranted) {
  Lessons lessons;
  lessons.host.folder("/srv");
  lessons.did(Intent::read, "/srv");
  const Learned learned = lessons.learned();
  EXPECT_TRUE(learned.ro.empty());
  EXPECT_TRUE(learned.not_granted.contains("--ro /srv"));
}

TEST(ATemporaryName, IsOneThatNobodyTypes) {
  for (const char* name : {"ccXq81Zb", ".#lock", "tmpa8f2k1", "job.12345", "file.lock", "x.tmp", "aB3dE9"})
    EXPECT_TRUE(is_temporary_name(name)) << name;
  for (const char* name : {"config", "Makefile", "stdio.h", "libssl", "README", "main.cc", "v2"})
    EXPECT_FALSE(is_temporary_name(name)) << name;
}

TEST(ASecretPlace, HoldsForWhatLiesInItAndForWhatHoldsIt) {
  EXPECT_TRUE(is_secret("/home/anna/.ssh/id_ed25519", "/home/anna"));
  EXPECT_TRUE(is_secret("/home/anna/.cargo/credentials.toml", "/home/anna"));
  EXPECT_FALSE(is_secret("/home/anna/.sshrc", "/home/anna"));
  EXPECT_FALSE(is_secret("/home/anna", "/home/anna"));
  EXPECT_TRUE(holds_secrets("/home/anna/.config", "/home/anna"));
  EXPECT_FALSE(holds_secrets("/home/anna/src", "/home/anna"));
}

}  // namespace
}  // namespace cloche
