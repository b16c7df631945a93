#include "sandbox/denials.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace cloche {
namespace {

Denial denial(const std::string& path, const std::string& process = "make") {
  return {.syscall = "chroot", .arguments = {{{"path", path, true}}}, .error = EPERM, .process = process};
}

std::uint64_t counted(const DenialTable& table) {
  std::uint64_t sum = 0;
  for (const Denial& row : table.rows()) sum += row.count;
  return sum;
}

TEST(ATableOfDenials, CountsCallsOfOneKindInOneRow) {
  DenialTable table;
  EXPECT_NE(table.add(denial("/a")), nullptr);
  EXPECT_EQ(table.add(denial("/a")), nullptr);
  table.add(denial("/b"));
  table.add(denial("/a", "sh"));
  Denial other_answer = denial("/a");
  other_answer.error = EACCES;
  table.add(other_answer);
  ASSERT_EQ(table.rows().size(), 4u);
  EXPECT_EQ(table.rows()[0].count, 2u);
  EXPECT_TRUE(table.knows(denial("/b")));
  EXPECT_FALSE(table.knows(denial("/c")));
}

TEST(ATableOfDenials, KeepsTheNumberOfTheFirstProcess) {
  DenialTable table;
  for (const pid_t pid : {7, 8}) {
    Denial one = denial("/a");
    one.pid = pid;
    table.add(one);
  }
  EXPECT_EQ(table.rows().at(0).pid, 7);
}

TEST(ATableOfDenials, StaysBoundedAndLosesNoCount) {
  DenialTable table(8);
  for (int i = 0; i < 1000; ++i) table.add(denial("/" + std::to_string(i)));
  EXPECT_EQ(table.rows().size(), 9u);
  EXPECT_EQ(table.rows().back().syscall, "chroot");
  EXPECT_FALSE(table.rows().back().arguments);
  EXPECT_EQ(table.rows().back().count, 992u);
  // Nor by calls without a name, of which there are billions.
  for (int i = 0; i < 1000; ++i) {
    Denial unnamed = denial("/");
    unnamed.syscall = "syscall " + std::to_string(1000 + i);
    table.add(unnamed);
  }
  EXPECT_EQ(table.rows().size(), 17u);
  EXPECT_EQ(counted(table), 2000u);
}

TEST(ADenial, IsToldInOneLine) {
  Denial one = denial("/jail");
  EXPECT_EQ(denial_text(one), R"(chroot("/jail") EPERM by make)");
  one.count = 3;
  one.pid = 12;
  EXPECT_EQ(denial_text(one), R"(chroot("/jail") EPERM ×3 by make (pid 12))");
  EXPECT_EQ(denial_text({.count = 5}), "further calls ×5");
  EXPECT_NE(denial_text({.killed = true}).find("SIGSYS"), std::string::npos);
  EXPECT_EQ(denials_text({one}), "refused 3 calls of 1 kind");
}

}  // namespace
}  // namespace cloche
