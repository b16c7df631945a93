// Runs a program and hands back all that came of it: output, errors, exit status.
//
//   const Ended ls = run({.words = {"ls", "/nowhere"}});
//   EXPECT_EQ(ls.status, 2) << ls;
//
// Or beside the test, to be signalled while it runs:
//
//   Running sleeper({.words = {"sleep", "100"}});
//   sleeper.signal(SIGTERM);
//   EXPECT_EQ(sleeper.wait().status, 128 + SIGTERM);
//
// Every wait ends: after `timeout` the program is killed and Ended::timed_out says so. The default is far
// above what any of them needs, so that a slow machine changes nothing.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <iosfwd>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/pidfd.h"

namespace cloche::testing {

inline constexpr std::chrono::seconds kPatience{60};

struct Command {
  std::vector<std::string> words;                       ///< the first one is looked for in PATH
  std::string directory;                                ///< empty: the test's own
  std::optional<std::vector<std::string>> environment;  ///< NAME=VALUE; none: the test's own
  std::vector<std::string> variables;                   ///< NAME=VALUE on top of the environment
  std::string input;                                    ///< what its stdin holds
  bool stdin_closed = false;                            ///< no file descriptor 0 at all
  std::vector<std::pair<int, int>> fds;                 ///< (ours, its): open in it besides 0, 1 and 2
  std::chrono::seconds timeout = kPatience;
};

struct Ended {
  int status = -1;  ///< as a shell has it: 128+N when signal N ended it
  bool timed_out = false;
  std::string out, err;
};
std::ostream& operator<<(std::ostream& stream, const Ended& ended);

/// A started program; killed and reaped by the destructor if nobody waited.
class Running {
 public:
  explicit Running(const Command& command);
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  pid_t pid() const { return process_.pid; }
  void signal(int number) const;
  /// Reads what it writes until `text` has come on stdout; false when it ended or timed out before.
  bool wait_for(const std::string& text);
  Ended wait();

 private:
  enum class Until { text, end };
  bool pump(Until until, const std::string& text);
  void read_some(Fd& from, std::string& into);
  void reap();

  Process process_;
  Fd in_, out_, err_;
  std::string input_;
  std::chrono::steady_clock::time_point deadline_;
  Ended ended_;
  bool reaped_ = false;
};

Ended run(const Command& command);

}  // namespace cloche::testing
