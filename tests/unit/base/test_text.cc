#include "base/text.h"

#include <gtest/gtest.h>

namespace cloche {
namespace {

TEST(QuotedText, CannotBreakOutOrSpeakToTheTerminal) {
  EXPECT_EQ(in_quotes("plain"), "'plain'");
  EXPECT_EQ(in_quotes("a'b\nc"), "'a\\'b\\nc'");
  EXPECT_EQ(in_quotes("\x1b[31m"), "'\\x1b[31m'");
  EXPECT_EQ(in_quotes("\xff\xc2\x9b"), "'\\xff\\xc2\\x9b'");
  EXPECT_EQ(in_quotes("\xe2\x80\xae"), "'\\xe2\\x80\\xae'");
  EXPECT_EQ(in_quotes("schön 中 🌱"), "'schön 中 🌱'");
}

TEST(AShellWord, IsReadBackAsItself) {
  EXPECT_EQ(shell_word("a/b.c"), "a/b.c");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_line({"echo", "a b"}), "echo 'a b'");
}

TEST(TheNearestName, IsOnlyATypoAway) {
  EXPECT_EQ(nearest("memroy", {"memory", "tasks"}), "memory");
  EXPECT_EQ(nearest("biuld", {"python", "build"}), "build");
  EXPECT_EQ(nearest("zebra", {"memory", "tasks"}), std::nullopt);
}

TEST(Splitting, KeepsEmptyParts) {
  EXPECT_EQ(split("a::b", ':'), (std::vector<std::string>{"a", "", "b"}));
  EXPECT_EQ(split("", ':'), (std::vector<std::string>{""}));
}

}  // namespace
}  // namespace cloche
