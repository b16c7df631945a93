// cloche as a test runs it: command lines, the report read back, and where the built programs are.
//
//   TemporaryFolder work;
//   const Cloche cloche{.options = {"--net", "host"}, .directory = work.path()};
//   const Reported seen = cloche.reported({"sh", "-c", "exit 3"});
//   EXPECT_EQ(seen.ended.status, 3) << seen.ended;
//   EXPECT_EQ(seen.report.text("/reason"), "exited");
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/command.h"

namespace cloche::testing {

/// The cloche under test: $CLOCHE_BINARY, else src/cloche of the build folder that this test was built in.
std::string cloche_binary();
/// A program built for the tests, by its path in the build's tests folder ("hostile/acts").
std::string test_program(const std::string& name);

/// A JSON text (a report, a plan), looked into by JSON pointers: "/degraded/0/feature".
class Json {
 public:
  Json();
  explicit Json(const std::string& text);  ///< holds nothing when `text` is no JSON
  ~Json();
  Json(Json&&) noexcept;
  Json& operator=(Json&&) noexcept;

  bool valid() const;
  bool has(const std::string& pointer) const;
  bool is_null(const std::string& pointer) const;                    ///< it is there, and null
  std::string text(const std::string& pointer) const;                ///< "" when it is no string
  double number(const std::string& pointer) const;                   ///< NaN when it is no number
  std::vector<std::string> texts(const std::string& pointer) const;  ///< the strings of a list
  std::size_t size(const std::string& pointer) const;
  std::string dump() const;

 private:
  struct Value;
  std::unique_ptr<Value> value_;
};

struct Reported {
  Ended ended;
  Json report;
};

struct Cloche {
  std::vector<std::string> options;    ///< of `run`
  std::string directory;               ///< the folder it is started in; empty: the test's own
  std::vector<std::string> variables;  ///< NAME=VALUE over the test's environment
  std::string input;
  std::vector<std::pair<int, int>> fds;
  std::chrono::seconds timeout = kPatience;

  /// `cloche run OPTIONS -- WORDS`
  Command command(const std::vector<std::string>& words) const;
  Ended run(const std::vector<std::string>& words) const;
  /// `sh -c SCRIPT` in the sandbox.
  Ended sh(const std::string& script) const;
  Reported reported(const std::vector<std::string>& words) const;
  /// The plan that --dry-run prints.
  Json plan(const std::vector<std::string>& words) const;
};

}  // namespace cloche::testing
