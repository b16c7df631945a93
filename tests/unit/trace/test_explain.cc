#include "trace/explain.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "trace/annas.h"

namespace cloche {
namespace {

void fails(Log& log, const std::string& call, const std::string& path, const std::string& process = "cc") {
  Act act;
  act.call = call;
  act.intent = call == "openat" ? Intent::read : Intent::look;
  act.object = path;
  act.error = ENOENT;
  log.add(act, [&] { return process; });
}

TEST(AnExplanation, PutsWhatWasSeenLastLast) {
  FakeHost host;
  host.file("/srv/a").file("/srv/b/c");
  Log log;
  fails(log, "openat", "/srv/b/c");
  fails(log, "openat", "/srv/a");
  fails(log, "openat", "/srv/b/c");
  const auto rows = explain(annas_plan(), log, host.outside());
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].object, "/srv/a");
  EXPECT_EQ(rows[1].object, "/srv/b/c");
  EXPECT_EQ(rows[1].count, 2u);
}

TEST(AnExplanation, MakesOneRowOfAStatAndAnOpenOfOneFile) {
  FakeHost host;
  host.file("/srv/a");
  Log log;
  fails(log, "newfstatat", "/srv/a", "make");
  fails(log, "openat", "/srv/a", "cc");
  const auto rows = explain(annas_plan(), log, host.outside());
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].count, 2u);
  EXPECT_EQ(rows[0].call, "openat");
}

TEST(AnExplanation, LeavesOutTheSearchForWhatIsNowhere) {
  Log log;
  for (const char* folder : {"/usr/local/bin", "/usr/bin", "/bin"})
    fails(log, "execve", std::string(folder) + "/tool");
  EXPECT_TRUE(explain(annas_plan(), log, FakeHost().outside()).empty());
}

TEST(AnExplanation, NamesTheFolderOfManyFiles) {
  FakeHost host;
  Log log;
  for (const char* name : {"/srv/lib/a", "/srv/lib/b", "/srv/lib/c", "/srv/lib/d", "/srv/lib/e"}) {
    host.file(name);
    fails(log, "openat", name);
  }
  const auto rows = explain(annas_plan(), log, host.outside());
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].object, "/srv/lib");
  EXPECT_EQ(rows[0].objects, 5u);
  EXPECT_EQ(rows[0].cause.option, "--ro /srv/lib");
}

TEST(AnExplanation, NamesTheFolderOfAManifest) {
  FakeHost host;
  host.file("/home/anna/dep/Cargo.toml");
  Log log;
  fails(log, "openat", "/home/anna/dep/Cargo.toml", "cargo");
  const auto rows = explain(annas_plan(), log, host.outside());
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].object, "/home/anna/dep/Cargo.toml");
  EXPECT_EQ(rows[0].cause.option, "--ro ~/dep");
}

TEST(AnExplanation, NeverNamesWhatTheCurrentFolderLiesIn) {
  HostFacts facts = annas_machine();
  facts.working_directory = "/srv/all/project";
  FakeHost host;
  Log log;
  for (const char* name : {"/srv/all/package.json", "/srv/all/b", "/srv/all/c", "/srv/all/d"}) {
    host.file(name);
    fails(log, "openat", name, "npm");
  }
  const auto rows = explain(annas_plan({}, facts), log, host.outside());
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].cause.option, "--ro /srv/all/package.json");
}

TEST(AnExplanation, WritesNoTildeWhereTheShellReadsAnotherFolder) {
  FakeHost host;
  host.tilde = "";
  host.file("/home/anna/dep/Cargo.toml").file("/home/anna/file");
  Log log;
  fails(log, "openat", "/home/anna/dep/Cargo.toml", "cargo");
  fails(log, "openat", "/home/anna/file", "cat");
  const auto rows = explain(annas_plan(), log, host.outside());
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].cause.option, "--ro /home/anna/dep");
  EXPECT_EQ(rows[1].cause.option, "--ro /home/anna/file");
}

TEST(AnExplanation, NeverNamesTheHomeForItsFiles) {
  FakeHost host;
  Log log;
  for (const char* name : {"/home/anna/.a", "/home/anna/.b", "/home/anna/.c", "/home/anna/.d"}) {
    host.file(name);
    fails(log, "openat", name);
  }
  const auto rows = explain(annas_plan(), log, host.outside());
  EXPECT_EQ(rows.size(), 4u);
}

}  // namespace
}  // namespace cloche
