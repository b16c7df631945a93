// cloche at a real terminal: keys, window size, full-screen programs, and the terminal as it was afterwards.
#include <gtest/gtest.h>
#include <signal.h>

#include "base/text.h"
#include "project.h"
#include "support/terminal.h"

namespace cloche::testing {
namespace {

/// Waits for "ready", so that what is typed next is not taken by a program that starts.
const std::string kReady = "echo ready; ";

TEST(ATerminal, IsThePayloadsOwn) {
  const Project project;
  Terminal terminal(
      project.cloche.command({"sh", "-c", "tty; [ -t 0 ] && [ -t 1 ] && : </dev/tty && echo own"}));
  EXPECT_TRUE(terminal.shows("/dev/pts/")) << terminal.screen();
  EXPECT_TRUE(terminal.shows("own")) << terminal.screen();
  EXPECT_EQ(terminal.wait(), 0) << terminal.screen();
}

TEST(ATerminal, IsNotReachedWithoutOne) {
  const Project project({"--no-tty"});
  Terminal terminal(project.cloche.command({"sh", "-c", "(: </dev/tty) 2>/dev/null || echo none"}));
  EXPECT_TRUE(terminal.shows("none")) << terminal.screen();
  EXPECT_EQ(terminal.wait(), 0);
}

TEST(ATerminal, HasTheWindowsSizeAndFollowsIt) {
  const Project project;
  Terminal terminal(project.cloche.command({"bash", "-c",
                                            "stty size; trap 'stty size' WINCH; " + kReady +
                                                "while :; do read -r -t 0.2 line && exit 0; done"}),
                    31, 97);
  ASSERT_TRUE(terminal.shows("31 97")) << terminal.screen();
  ASSERT_TRUE(terminal.shows("ready")) << terminal.screen();
  terminal.resize(41, 123);
  EXPECT_TRUE(terminal.shows("41 123")) << terminal.screen();
  terminal.type("\r");
  EXPECT_EQ(terminal.wait(), 0);
}

TEST(ATerminal, InterruptsThePayload) {
  const Project project;
  Terminal terminal(project.cloche.command({"sh", "-c", kReady + "exec sleep 1000"}));
  const termios before = terminal.modes();
  ASSERT_TRUE(terminal.shows("ready")) << terminal.screen();
  terminal.type(Terminal::kInterrupt);
  EXPECT_EQ(terminal.wait(), 128 + SIGINT) << terminal.screen();
  EXPECT_TRUE(same_modes(before, terminal.modes()));
}

TEST(ATerminal, InterruptsTheForegroundJobOfAShellInside) {
  const Project project;
  Terminal terminal(project.cloche.command({"bash", "--norc", "--noprofile", "-i"}));
  terminal.type("PS1='at: '\r");
  ASSERT_TRUE(terminal.shows("at: ")) << terminal.screen();
  terminal.type("sh -c 'echo run''ning; exec sleep 1000'\r");
  ASSERT_TRUE(terminal.shows("running")) << terminal.screen();
  terminal.type(Terminal::kInterrupt);
  terminal.type("echo sta''tus=$?\r");
  EXPECT_TRUE(terminal.shows("status=130")) << terminal.screen();
  terminal.type("exit 5\r");
  EXPECT_EQ(terminal.wait(), 5) << terminal.screen();
}

TEST(ATerminal, EndsTheInput) {
  const Project project;
  Terminal terminal(project.cloche.command({"sh", "-c", kReady + "exec cat"}));
  ASSERT_TRUE(terminal.shows("ready")) << terminal.screen();
  terminal.type("typed\r");
  ASSERT_TRUE(terminal.shows("typed")) << terminal.screen();
  terminal.type(Terminal::kEndOfFile);
  EXPECT_EQ(terminal.wait(), 0) << terminal.screen();
}

TEST(ATerminal, StopsClocheAndTheShellBringsItBack) {
  const Project project;
  std::string line;
  for (const std::string& word : project.cloche.command({"sh", "-c", "echo rea''dy; exec cat"}).words) {
    line += shell_word(word) + " ";
  }
  Terminal terminal({.words = {"bash", "--norc", "--noprofile", "-i"}, .directory = project.path()});
  terminal.type("PS1='at: '\r");
  ASSERT_TRUE(terminal.shows("at: ")) << terminal.screen();
  terminal.type(line + "\r");
  ASSERT_TRUE(terminal.shows("ready")) << terminal.screen();
  terminal.type(Terminal::kSuspend);
  ASSERT_TRUE(terminal.shows("Stopped")) << terminal.screen();
  ASSERT_TRUE(terminal.shows("at: ")) << terminal.screen();
  terminal.type("echo out''side\r");
  ASSERT_TRUE(terminal.shows("outside")) << "the shell's terminal was left raw or silent\n"
                                         << terminal.screen();
  terminal.type("fg\r");
  ASSERT_TRUE(terminal.shows("cloche")) << terminal.screen();
  terminal.type("again\r");
  // Twice: the first may be the echo of a terminal that cloche has not taken back yet, where ^D is no key.
  ASSERT_TRUE(terminal.shows("again")) << terminal.screen();
  ASSERT_TRUE(terminal.shows("again")) << terminal.screen();
  terminal.type(Terminal::kEndOfFile);
  ASSERT_TRUE(terminal.shows("at: ")) << terminal.screen();
  terminal.type("echo sta''tus=$?\r");
  EXPECT_TRUE(terminal.shows("status=0")) << terminal.screen();
  terminal.type("exit\r");
  EXPECT_EQ(terminal.wait(), 0);
  EXPECT_EQ(left_behind(), "");
}

TEST(AnEditor, Works) {
  const Project project;
  Terminal terminal(project.cloche.command({"vim", "-u", "NONE", "-n", "note"}));
  ASSERT_TRUE(terminal.shows("note")) << terminal.screen();
  terminal.type("iwritten in vim\x1b");
  ASSERT_TRUE(terminal.shows("written in vim")) << terminal.screen();
  terminal.type(":wq\r");
  EXPECT_EQ(terminal.wait(), 0) << terminal.screen();
  EXPECT_EQ(text_of(project.at("note")), "written in vim\n");
}

TEST(APager, Works) {
  const Project project;
  std::string text;
  for (int i = 1; i <= 300; ++i) text += "line number " + std::to_string(i) + "\n";
  write_file(project.at("long"), text);
  Terminal terminal(project.cloche.command({"less", "long"}));
  ASSERT_TRUE(terminal.shows("line number 20")) << terminal.screen();
  terminal.type("G");
  ASSERT_TRUE(terminal.shows("line number 300")) << terminal.screen();
  terminal.type("q");
  EXPECT_EQ(terminal.wait(), 0);
}

TEST(AProcessViewer, Works) {
  const Project project;
  Terminal terminal(project.cloche.command({"htop"}), 30, 100);
  ASSERT_TRUE(terminal.shows("PID")) << terminal.screen();
  ASSERT_TRUE(terminal.shows("htop")) << terminal.screen();
  terminal.type("q");
  EXPECT_EQ(terminal.wait(), 0);
}

/// Starts a shell that runs cloche with a payload and then says how the terminal is set.
void expect_restored(const Project& project, const std::string& payload, const std::string& after) {
  std::string line;
  for (const std::string& word : project.cloche.command({"sh", "-c", payload}).words)
    line += shell_word(word) + " ";
  Terminal terminal(
      {.words = {"sh", "-c", "stty -g; " + line + "; echo ended $?; stty -g; read -r word; echo \"<$word>\""},
       .directory = project.path()});
  ASSERT_TRUE(terminal.shows("\r\n")) << terminal.screen();
  const std::string before = terminal.screen().substr(0, terminal.screen().find("\r\n"));
  ASSERT_TRUE(terminal.shows("ended " + after)) << terminal.screen();
  EXPECT_TRUE(terminal.shows(before)) << "before: " << before << "\n" << terminal.screen();
  terminal.type("word\r");
  EXPECT_TRUE(terminal.shows("<word>")) << terminal.screen();
  EXPECT_EQ(terminal.wait(), 0);
}

TEST(ATerminalAfterARun, IsAsItWas) {
  expect_restored(Project(), "true", "0");
}

TEST(ATerminalAfterARun, IsAsItWasThoughThePayloadDiedInRawMode) {
  expect_restored(Project(), "stty raw -echo; kill -9 $$", "137");
}

TEST(ATerminalAfterARun, IsAsItWasThoughItTimedOut) {
  expect_restored(Project({"--timeout", "500ms"}), "stty raw -echo; exec sleep 1000", "124");
}

TEST(ATerminalAfterARun, IsAsItWasThoughClocheWasToldToGoOnWithoutHavingStopped) {
  const Project project;
  Terminal terminal(project.cloche.command({"sh", "-c", kReady + "exec cat"}));
  const termios before = terminal.modes();
  ASSERT_TRUE(terminal.shows("ready")) << terminal.screen();
  ASSERT_EQ(::kill(terminal.pid(), SIGCONT), 0);
  terminal.type("typed\r");
  ASSERT_TRUE(terminal.shows("typed")) << terminal.screen();
  ASSERT_TRUE(terminal.shows("typed")) << terminal.screen();
  terminal.type(Terminal::kEndOfFile);
  EXPECT_EQ(terminal.wait(), 0) << terminal.screen();
  EXPECT_TRUE(same_modes(before, terminal.modes()));
}

TEST(ATerminalAfterARun, IsAsItWasThoughTheRunWasRefused) {
  expect_restored(Project({"--ro", "/no/such/source"}), "true", "125");
}

TEST(AClosedWindow, EndsTheRun) {
  const Project project;
  Terminal terminal(project.cloche.command({"sh", "-c", kReady + "exec sleep 1000"}));
  ASSERT_TRUE(terminal.shows("ready")) << terminal.screen();
  terminal.hang_up();
  EXPECT_NE(terminal.wait(), -1) << "cloche is still there";
  EXPECT_EQ(left_behind(), "");
}

TEST(APipeBehindATerminal, GetsTheOutputOnce) {
  const Project project;
  std::string line;
  for (const std::string& word : project.cloche.command({"echo", "piped text"}).words)
    line += shell_word(word) + " ";
  Terminal terminal({.words = {"sh", "-c", line + " | tr a-z A-Z"}, .directory = project.path()});
  EXPECT_TRUE(terminal.shows("PIPED TEXT")) << terminal.screen();
  EXPECT_EQ(terminal.wait(), 0);
}

}  // namespace
}  // namespace cloche::testing
