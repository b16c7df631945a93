// A terminal with a person at it: what the program shows is read, what a person would type is sent.
//
//   Terminal terminal({.words = {"bash", "--norc", "-i"}});
//   terminal.type("echo $((6*7))\r");
//   ASSERT_TRUE(terminal.shows("42")) << terminal.screen();
//   terminal.type(Terminal::kEndOfFile);
//   EXPECT_EQ(terminal.wait(), 0);
#pragma once

#include <sys/types.h>
#include <termios.h>

#include <string>

#include "base/fd.h"
#include "support/command.h"

namespace cloche::testing {

class Terminal {
 public:
  static constexpr const char* kInterrupt = "\x03";
  static constexpr const char* kEndOfFile = "\x04";
  static constexpr const char* kSuspend = "\x1a";

  /// Starts the command as the leader of a session of its own, with the terminal as its controlling one.
  explicit Terminal(const Command& command, unsigned short rows = 24, unsigned short columns = 80);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(const std::string& keys);
  /// Waits until `text` has been shown after what the last successful call of shows() found; false when
  /// the program ended or a minute went by without it.
  bool shows(const std::string& text);
  void resize(unsigned short rows, unsigned short columns);
  /// Modes of the terminal: what a program that crashed may have left behind.
  termios modes() const;
  pid_t pid() const { return pid_; }
  /// The exit status as a shell has it, after the end of the program; -1 if it does not end within a minute.
  int wait();
  /// All that was shown so far.
  const std::string& screen() const { return screen_; }
  /// Takes the terminal away, as a closed window does.
  void hang_up() { master_.reset(); }

 private:
  bool read_more(int milliseconds);

  Fd master_, slave_;  // the slave is held so that the terminal's modes can be read after the program's end
  pid_t pid_ = -1;
  std::string screen_;
  std::size_t found_ = 0;
  bool reaped_ = false;
  int status_ = -1;
};

/// Modes that a person notices: echo, line editing, signals from keys, output's line ends.
bool same_modes(const termios& one, const termios& other);

}  // namespace cloche::testing
