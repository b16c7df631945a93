// The caller's terminal: keys pushed into it would be run by the shell once the sandbox is gone.
#include <gtest/gtest.h>

#include "support/cloche.h"
#include "support/terminal.h"
#include "world.h"

namespace cloche::testing {
namespace {

/// `acts ACT` in a terminal, in the sandbox or not; what it says is shown there.
std::string shown_by(const std::string& act, const std::vector<std::string>& options, bool sandboxed,
                     int& status) {
  const TemporaryFolder project(home_folder());
  Command command{.words = {test_program("hostile/acts"), act}, .directory = project.path()};
  if (sandboxed) {
    Cloche cloche{.options = options, .directory = project.path()};
    cloche.options.insert(cloche.options.end(), {"--ro", test_program("hostile/acts") + ":/tmp/acts"});
    command = cloche.command({"/tmp/acts", act});
  }
  Terminal terminal(command);
  status = terminal.wait();
  return terminal.screen();
}

class AKeyPushedByThePayload : public ::testing::TestWithParam<const char*> {};

TEST_P(AKeyPushedByThePayload, IsRefused) {
  for (const char* option : {"--no-tty", "--tty"}) {
    int status = -1;
    const std::string screen = shown_by(GetParam(), {option}, true, status);
    EXPECT_EQ(status, 1) << option << "\n" << screen;
    EXPECT_NE(screen.find("EPERM"), std::string::npos) << option << "\n" << screen;
  }
}

INSTANTIATE_TEST_SUITE_P(Hostile, AKeyPushedByThePayload,
                         ::testing::Values("TIOCSTI", "TIOCSTI_disguised", "TIOCLINUX"));

TEST(ATerminalOfTheCaller, WouldTakeKeysWithoutASandbox) {
  int status = -1;
  const std::string screen = shown_by("TIOCSTI", {}, false, status);
  if (status == 1)
    GTEST_SKIP() << "this kernel has TIOCSTI switched off (dev.tty.legacy_tiocsti): " << screen;
  EXPECT_EQ(status, 0) << screen;
}

TEST(ATerminalOfTheCaller, IsNotThePayloadsControllingTerminal) {
  int status = -1;
  const std::string screen = shown_by("TIOCSCTTY", {"--no-tty"}, true, status);
  EXPECT_EQ(status, 1) << screen;
}

TEST(ATerminalOfTheCaller, IsNotReachedWithoutAFilterEither) {
  // A pty of its own is the second layer: what is pushed there stays inside.
  const TemporaryFolder project(home_folder());
  const Cloche cloche{
      .options = {"--tty", "--seccomp", "none", "--ro", test_program("hostile/acts") + ":/tmp/acts"},
      .directory = project.path()};
  const Command inside = cloche.command({"/tmp/acts", "TIOCSTI"});
  std::string line;
  for (const std::string& word : inside.words) line += "'" + word + "' ";
  Terminal terminal({.words = {"sh", "-c", line + "; echo ended; exec cat -A"}, .directory = project.path()});
  ASSERT_TRUE(terminal.shows("ended")) << terminal.screen();
  terminal.type("x\r");
  // Had the newline reached this terminal, an empty line would come before the x.
  ASSERT_TRUE(terminal.shows("x$")) << terminal.screen();
  EXPECT_EQ(terminal.screen().find("\n$"), std::string::npos) << terminal.screen();
}

}  // namespace
}  // namespace cloche::testing
