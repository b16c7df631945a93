// cloche lab on whatever machine this is: those of its experiments that can be done give the predicted
// answer, the others say why, and nothing is left. (tests/vm/suite_lab.py has the machines where all of them
// can be done.)
#include <signal.h>

#include <gtest/gtest.h>

#include "support/cloche.h"
#include "support/folder.h"
#include "support/host.h"
#include "support/terminal.h"

namespace cloche::testing {
namespace {

constexpr std::chrono::seconds kLong{300};

Command lab(std::vector<std::string> words) {
  Command command{.words = {cloche_binary(), "lab"}, .timeout = kLong};
  command.words.insert(command.words.end(), words.begin(), words.end());
  return command;
}

std::string experiment(std::size_t number, const std::string& key) {
  return "/experiments/" + std::to_string(number) + key;
}

TEST(TheLab, GetsThePredictedAnswersOrSaysWhatIsMissing) {
  const HostState before = host_state();
  const Ended ended = run(lab({"--json"}));
  EXPECT_EQ(ended.status, 0) << ended;
  const Json told(ended.out);
  ASSERT_GT(told.size("/experiments"), 40u) << ended;
  for (std::size_t i = 0; i < told.size("/experiments"); ++i) {
    const std::string name = told.text(experiment(i, "/name")), state = told.text(experiment(i, "/state"));
    if (state == "not here") {
      EXPECT_NE(told.text(experiment(i, "/missing")), "") << name;
    } else {
      EXPECT_EQ(state, "as predicted") << name << told.text(experiment(i, "/missing"));
      EXPECT_GT(told.size(experiment(i, "/answered")), 0u) << name;
    }
  }
  EXPECT_EQ(before, host_state());
  EXPECT_EQ(left_behind(), "");
}

TEST(TheLab, DoesWhatNeedsNoSystemdEverywhere) {
  const Ended ended = run(lab({"1", "5", "6", "mkdir-at-root", "--json"}));
  EXPECT_EQ(ended.status, 0) << ended;
  const Json told(ended.out);
  std::size_t done = 0;
  for (std::size_t i = 0; i < told.size("/experiments"); ++i)
    if (told.text(experiment(i, "/state")) == "as predicted") ++done;
  EXPECT_GE(done, 20u) << ended;
}

TEST(TheLab, WithoutATerminalDoesNotPause) {
  const Ended ended = run(lab({"uts-namespace", "ipc-namespace"}));
  EXPECT_EQ(ended.status, 0) << ended;
  EXPECT_NE(ended.out.find("sethostname"), std::string::npos) << ended;
  EXPECT_NE(ended.out.find("2 experiments: 2 as predicted"), std::string::npos) << ended;
  EXPECT_EQ(ended.out.find('\x1b'), std::string::npos) << ended;
}

TEST(TheLab, ListsItsExperiments) {
  const Ended ended = run(lab({"list"}));
  EXPECT_EQ(ended.status, 0) << ended;
  EXPECT_NE(ended.out.find("no-internal-processes"), std::string::npos) << ended;
}

TEST(TheLab, NamesTheNearestExperimentForAMisspeltOne) {
  const Ended ended = run(lab({"mkdir-at-rot"}));
  EXPECT_EQ(ended.status, 125) << ended;
  EXPECT_NE(ended.err.find("mkdir-at-root"), std::string::npos) << ended;
}

TEST(TheLab, WritesItsPageWhereItIsTold) {
  const TemporaryFolder folder;
  const Ended ended = run(lab({"--html", folder.at("a page.html"), "2", "3"}));
  EXPECT_EQ(ended.status, 0) << ended;
  const std::string page = text_of(folder.at("a page.html"));
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>"));
  EXPECT_TRUE(page.ends_with("</html>\n"));
}

TEST(TheLab, WaitsForAKeyOnATerminal) {
  Terminal terminal(lab({"uts-namespace", "ipc-namespace", "one-id"}));
  ASSERT_TRUE(terminal.shows("As predicted")) << terminal.screen();
  ASSERT_TRUE(terminal.shows("a key: go on")) << terminal.screen();
  terminal.type("\r");
  ASSERT_TRUE(terminal.shows("shared memory")) << terminal.screen();
  ASSERT_TRUE(terminal.shows("a key: go on")) << terminal.screen();
  terminal.type("q");
  EXPECT_EQ(terminal.wait(), 0) << terminal.screen();
  EXPECT_NE(terminal.screen().find("2 experiments: 2 as predicted"), std::string::npos) << terminal.screen();
}

TEST(TheLab, GivesTheTerminalBackAsItWas) {
  Terminal terminal(lab({"uts-namespace", "ipc-namespace"}));
  const termios before = terminal.modes();
  ASSERT_TRUE(terminal.shows("a key: go on")) << terminal.screen();
  terminal.type(Terminal::kInterrupt);
  EXPECT_EQ(terminal.wait(), 0);
  EXPECT_TRUE(same_modes(before, terminal.modes()));
}

TEST(TheLab, LeavesNothingWhenItIsKilled) {
  const HostState before = host_state();
  for (const int number : {SIGINT, SIGKILL}) {
    Running running(lab({"--all", "1", "5", "1", "5", "1", "5"}));
    ASSERT_TRUE(running.wait_for("As predicted"));
    running.signal(number);
    EXPECT_EQ(running.wait().status, 128 + number);
    EXPECT_EQ(left_behind(), "");
  }
  EXPECT_EQ(before, host_state());
}

}  // namespace
}  // namespace cloche::testing
