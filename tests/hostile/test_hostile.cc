// Every forbidden act of the table, in every kind of sandbox that has to refuse it, and once without any.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <ostream>

#include "base/text.h"
#include "rows.h"
#include "world.h"

namespace cloche::testing {

void PrintTo(const Row& row, std::ostream* stream) {
  *stream << join(row.act, " ");
}

std::vector<Row> rows() {
  std::vector<Row> all;
  for (const auto& part : {file_rows(), protected_rows(), mount_rows(), namespace_rows(), process_rows(),
                           proc_rows(), socket_rows(), kernel_rows(), privilege_rows()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

namespace {

struct Kind {
  Where where;
  const char* name;
  std::vector<std::string> options;
  bool entered = false;  ///< the act is a further command of a sandbox that runs: cloche exec
};

std::vector<Kind> kinds() {
  return {{kByDefault, "by_default", {}},
          {kAsRoot, "as_root", {"--as", "root"}},
          {kSingle, "with_a_single_id", {"--map", "single"}},
          {kNoFilter, "without_a_filter", {"--seccomp", "none"}},
          {kByDefault, "through_exec", {}, true}};
}

struct Attempt {
  Row row;
  Kind kind;
};
void PrintTo(const Attempt& attempt, std::ostream* stream) {
  *stream << join(attempt.row.act, " ") << (attempt.kind.entered ? ", cloche exec " : ", cloche run ")
          << join(attempt.kind.options, " ");
}

std::vector<Attempt> attempts() {
  std::vector<Attempt> result;
  for (const Row& row : rows()) {
    for (const Kind& kind : kinds()) {
      if ((row.where & kind.where) != 0) result.push_back({row, kind});
    }
  }
  return result;
}

std::vector<Row> controlled_rows() {
  std::vector<Row> result;
  for (const Row& row : rows()) {
    if (row.control != Control::administrator) result.push_back(row);
  }
  return result;
}

bool holds(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

class AForbiddenAct : public ::testing::TestWithParam<Attempt> {};

TEST_P(AForbiddenAct, IsRefusedAndTheHostIsAsBefore) {
  const auto& [row, kind] = GetParam();
  const World world;
  std::vector<std::string> options = kind.options;
  options.insert(options.end(), row.options.begin(), row.options.end());
  const Ended ended = kind.entered ? world.entered(options, row.act) : world.sandboxed(options, row.act);
  const std::string answer(trim(ended.out));
  if (holds(row.answers, "OK")) {
    EXPECT_TRUE(ended.status == 0 || ended.status == 1) << ended;
  } else {
    EXPECT_EQ(ended.status, 1) << (ended.status == 0 ? "the act SUCCEEDED inside\n"
                                                     : "it could not be tried\n")
                               << ended;
    const bool strict = kind.where == kByDefault || kind.where == kSingle;
    if (strict) {
      EXPECT_TRUE(holds(row.answers, answer))
          << "refused by " << answer << " instead of " << join(row.answers, " or ");
    }
  }
  world.expect_untouched();
}

INSTANTIATE_TEST_SUITE_P(Hostile, AForbiddenAct, ::testing::ValuesIn(attempts()),
                         [](const auto& test) { return test.param.row.name + "_" + test.param.kind.name; });

class TheSameAct : public ::testing::TestWithParam<Row> {};

TEST_P(TheSameAct, SucceedsWithoutASandbox) {
  const Row& row = GetParam();
  const World world;
  const Ended ended = world.bare(row.act, row.control == Control::namespaces);
  if (ended.status == 1 || ended.status == 2) {
    GTEST_SKIP() << "this host forbids it to everybody or lacks it (" << trim(ended.out)
                 << "), so that its refusal in a sandbox proves little here";
  }
  EXPECT_EQ(ended.status, 0) << ended;
}

INSTANTIATE_TEST_SUITE_P(Hostile, TheSameAct, ::testing::ValuesIn(controlled_rows()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace cloche::testing
