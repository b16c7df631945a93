// The filter of system calls in a real kernel: files of other people, and calls that nobody has thought
// about.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "project.h"

namespace cloche::testing {
namespace {

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// All is allowed but uname(2), which answers EOPNOTSUPP.
constexpr const char* kNoUname = R"({"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86"],
  "syscalls": [{"names": ["uname", "from_the_future"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]})";

class AFilterFile : public ::testing::Test {
 protected:
  Ended sh(const std::vector<std::string>& options, const std::string& script) {
    Cloche cloche{.options = options, .directory = project_.path()};
    return cloche.sh(script);
  }
  Project project_;
};

TEST_F(AFilterFile, IsWhatTheCommandRunsUnder) {
  write_file(project_.at("a filter.json"), kNoUname);
  const Ended ended = sh({"--seccomp", "a filter.json"}, "uname; grep ^Seccomp: /proc/self/status");
  EXPECT_EQ(ended.status, 0) << ended;
  EXPECT_TRUE(says(ended.err, "Operation not supported")) << ended;
  EXPECT_TRUE(says(ended.out, "\t2")) << ended;
  EXPECT_TRUE(says(ended.err, "which the default one refuses")) << ended;
}

TEST_F(AFilterFile, TellsWhatItSaysInVainToWhoeverAsks) {
  write_file(project_.at("filter.json"), kNoUname);
  const Ended ended = sh({"--seccomp", "filter.json", "--verbose"}, "true");
  EXPECT_TRUE(says(ended.err, "from_the_future")) << ended;
  EXPECT_TRUE(says(ended.err, "SCMP_ARCH_X86")) << ended;
  EXPECT_FALSE(says(sh({"--seccomp", "filter.json"}, "true").err, "from_the_future"));
}

TEST_F(AFilterFile, StandsInThePlan) {
  write_file(project_.at("filter.json"), kNoUname);
  Command command = project_.cloche.command({"true"});
  command.words = {cloche_binary(), "run", "--dry-run", "--seccomp", "filter.json", "--", "true"};
  const Json plan(run(command).out);
  EXPECT_EQ(plan.text("/policy/seccomp"), project_.at("filter.json"));
  EXPECT_EQ(plan.texts("/policy/filter/calls/EOPNOTSUPP"), std::vector<std::string>{"uname"}) << plan.dump();
  EXPECT_EQ(plan.text("/policy/filter/otherwise"), "allow");
}

TEST_F(AFilterFile, ThatCannotBeReadIsAnErrorWithItsNameAndNothingIsRun) {
  ASSERT_EQ(::mkfifo(project_.at("fifo").c_str(), 0600), 0);
  write_file(project_.at("large"), std::string(2u << 20, ' '));
  write_file(project_.at("broken"), "{\n\"defaultAction\" SCMP_ACT_ALLOW}");
  write_file(project_.at("secret"), kNoUname, 0);
  for (const auto& [name, what] :
       std::vector<std::pair<std::string, std::string>>{{"missing", "No such file"},
                                                        {"fifo", "no regular file"},
                                                        {"/dev/zero", "no regular file"},
                                                        {".", "no regular file"},
                                                        {"large", "larger than"},
                                                        {"broken", "line 2, column 17"},
                                                        {"secret", "Permission denied"}}) {
    const Ended ended = sh({"--seccomp", name}, "touch ran");
    EXPECT_EQ(ended.status, 125) << ended;
    EXPECT_TRUE(says(ended.err, what)) << ended;
    EXPECT_TRUE(says(ended.err, name == "." ? project_.path() : name)) << ended;
    EXPECT_FALSE(exists(project_.at("ran")));
  }
}

// 467 and later came after the libseccomp of Debian 12; 600 has not come yet.
TEST(ACallThatNobodyHasThoughtAbout, IsAbsentInside) {
  const Project project;
  const Ended ended = project.cloche.sh(
      "python3 -c 'import ctypes\n"
      "libc = ctypes.CDLL(None, use_errno=True)\n"
      "for number in (467, 468, 469, 470, 600, 1000, 0x3fffffff):\n"
      "  print(libc.syscall(number, 0, 0, 0, 0, 0, 0), ctypes.get_errno())'");
  EXPECT_EQ(ended.status, 0) << ended;
  std::string all;
  for (int i = 0; i < 7; ++i) all += "-1 38\n";
  EXPECT_EQ(ended.out, all) << ended;
}

}  // namespace
}  // namespace cloche::testing
