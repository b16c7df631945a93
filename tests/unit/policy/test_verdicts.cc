#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <sstream>

#include "policy/verdicts.h"

namespace cloche {
namespace {

const CallVerdict& of(const std::vector<CallVerdict>& all, const std::string& name) {
  return *std::find_if(all.begin(), all.end(), [&](const CallVerdict& one) { return one.name == name; });
}

TEST(ThePolicyInWords, HasOneVerdictForEveryCallOfTheMachine) {
  for (const Machine machine : {Machine::x86_64, Machine::aarch64}) {
    const auto all = verdicts(default_policy({}), machine);
    EXPECT_GT(all.size(), 290u);
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), [](auto& a, auto& b) { return a.name < b.name; }));
    for (const CallVerdict& one : all) {
      EXPECT_EQ(call_number(one.name, machine), one.number);
      EXPECT_FALSE(one.group.empty()) << one.name;
      EXPECT_EQ(one.verdict == "by argument", !one.detail.empty()) << one.name;
    }
    EXPECT_EQ(of(all, "read").verdict, "allow");
    EXPECT_EQ(of(all, "mount").verdict, "EPERM");
    EXPECT_EQ(of(all, "mount").group, "@mount");
    EXPECT_EQ(of(all, "clone3").verdict, "ENOSYS");
    EXPECT_EQ(of(all, "ioctl").detail.front(), "argument 1 & 0xffffffff == 0x5412: EPERM");
    EXPECT_EQ(of(all, "ioctl").detail.back(), "else: allow");
  }
}

TEST(ACallThatThePolicyDoesNotName, HasTheVerdictOfUnknownOnes) {
  FilterPolicy policy;
  policy.unknown = {Action::Kind::kill, 0};
  policy.calls["getpid"] = {{{{{0, Condition::Compare::greater, 3}, {1, Condition::Compare::not_equal, 9}},
                              {Action::Kind::log, 0}}},
                            {Action::Kind::error, EIO}};
  const auto all = verdicts(policy, Machine::x86_64);
  EXPECT_EQ(of(all, "read").verdict, "kill");
  EXPECT_EQ(of(all, "getpid").detail,
            (std::vector<std::string>{"argument 0 > 0x3 and argument 1 != 0x9: log", "else: EIO"}));
}

TEST(TheListing, HasALineForEachInstructionAndNamesCalls) {
  const auto program = compile(default_policy({}), Machine::x86_64, Answer::error);
  const std::string text = listing(program, Machine::x86_64);
  EXPECT_EQ(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')), program.size());
  EXPECT_NE(text.find("if a == x86-64 go to 2 else "), std::string::npos) << text;
  EXPECT_NE(text.find("if a >= clone go to"), std::string::npos) << text;
  EXPECT_NE(text.find("if a >= socketpair go to"), std::string::npos) << "behind a call's own loads\n"
                                                                      << text;
  EXPECT_NE(text.find("return EAFNOSUPPORT"), std::string::npos) << text;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (const auto at = line.find("go to "); at != std::string::npos) {
      EXPECT_LT(std::stoul(line.substr(at + 6)), program.size()) << line;
    }
}

}  // namespace
}  // namespace cloche
