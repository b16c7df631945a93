// The tests' own tools, tried on programs whose behaviour is known.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include "support/cloche.h"
#include "support/command.h"
#include "support/folder.h"
#include "support/host.h"
#include "support/terminal.h"

namespace cloche::testing {
namespace {

TEST(ARunCommand, HandsBackOutputErrorsAndStatus) {
  const Ended ended = run({.words = {"sh", "-c", "cat; echo no >&2; exit 7"}, .input = "fed"});
  EXPECT_EQ(ended.status, 7);
  EXPECT_EQ(ended.out, "fed");
  EXPECT_EQ(ended.err, "no\n");
}

TEST(ARunCommand, IsKilledWhenItTakesTooLong) {
  const Ended ended = run({.words = {"sleep", "1000"}, .timeout = std::chrono::seconds(1)});
  EXPECT_TRUE(ended.timed_out);
  EXPECT_EQ(ended.status, 128 + SIGKILL);
}

TEST(ARunCommand, EndsThoughAnOrphanHoldsItsOutput) {
  Running running({.words = {"sh", "-c", "sleep 1000 & echo $!"}});
  const Ended ended = running.wait();
  EXPECT_FALSE(ended.timed_out);
  const pid_t orphan = std::stoi(ended.out);
  EXPECT_EQ(descendants(::getpid()), std::vector<pid_t>{orphan});
  ::kill(orphan, SIGKILL);
  EXPECT_EQ(left_behind(), "");
}

TEST(ARunCommand, GetsOnlyTheDescriptorsThatAreNamed) {
  const TemporaryFolder folder;
  write_file(folder.at("kept"), "by number seven");
  const Fd file = open_at(AT_FDCWD, folder.at("kept"), O_RDONLY);
  EXPECT_EQ(run({.words = {"sh", "-c", "cat <&7"}, .fds = {{file.get(), 7}}}).out, "by number seven");
}

TEST(AFolderState, ChangesWithAnythingInIt) {
  const TemporaryFolder folder;
  write_file(folder.at("one"), "text");
  const std::string before = folder_state(folder.path());
  EXPECT_EQ(before, folder_state(folder.path()));
  ::chmod(folder.at("one").c_str(), 0600);
  const std::string chmodded = folder_state(folder.path());
  EXPECT_NE(before, chmodded);
  write_file(folder.at("one"), "tent", 0600);
  EXPECT_NE(chmodded, folder_state(folder.path()));
}

TEST(ATerminal, ShowsWhatAProgramSaysAndTakesKeys) {
  Terminal terminal({.words = {"sh", "-c", "stty size; read word; echo got $word"}}, 31, 97);
  EXPECT_TRUE(terminal.shows("31 97")) << terminal.screen();
  terminal.type("this\r");
  EXPECT_TRUE(terminal.shows("got this")) << terminal.screen();
  EXPECT_EQ(terminal.wait(), 0);
}

TEST(ATerminal, InterruptsItsForegroundProgram) {
  Terminal terminal({.words = {"sh", "-c", "echo ready; exec sleep 1000"}});
  ASSERT_TRUE(terminal.shows("ready"));
  terminal.type(Terminal::kInterrupt);
  EXPECT_EQ(terminal.wait(), 128 + SIGINT);
}

TEST(AReport, IsLookedIntoByPointers) {
  const Json json(
      R"({"reason": "exited", "memory": {"limit_bytes": null}, "exit_status": 3, "command": ["a", "b"]})");
  EXPECT_EQ(json.text("/reason"), "exited");
  EXPECT_TRUE(json.is_null("/memory/limit_bytes"));
  EXPECT_EQ(json.number("/exit_status"), 3);
  EXPECT_EQ(json.texts("/command"), (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(json.has("/cpu"));
  EXPECT_FALSE(Json("not json").valid());
}

}  // namespace
}  // namespace cloche::testing
