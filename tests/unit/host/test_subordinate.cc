#include "host/subordinate.h"

#include <gtest/gtest.h>

namespace cloche {
namespace {

constexpr const char* kFile =
    "# a remark\nann:100000:65536\nbroken\nbob:165536:65536\n1003:300000:1\n\nx:y:z\nnone:5:0\n";

TEST(LinesOfSubordinateIds, AreReadAndWhatIsNoneIsPassedOver) {
  const auto lines = subordinate_lines(kFile);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[1], (SubordinateLine{"bob", {165536, 65536}}));
  EXPECT_EQ(lines[2].owner, "1003");
  EXPECT_TRUE(subordinate_lines("ann:4294967295:2\nann:99999999999999999999:1\n").empty());
}

TEST(SubordinateRanges, OfAUserAreThoseOfItsNameAndOfItsNumber) {
  const auto lines = subordinate_lines(kFile);
  EXPECT_EQ(ranges_of(lines, "bob", 1002), (std::vector<SubordinateRange>{{165536, 65536}}));
  EXPECT_EQ(ranges_of(lines, "cai", 1003), (std::vector<SubordinateRange>{{300000, 1}}));
  EXPECT_TRUE(ranges_of(lines, "dee", 1004).empty());
}

TEST(SourceOfSubordinateIds, IsTheFilesUnlessNsswitchNamesAnother) {
  EXPECT_EQ(subordinate_source("passwd: files\n"), "");
  EXPECT_EQ(subordinate_source("subid:\tfiles\n"), "");
  EXPECT_EQ(subordinate_source("passwd: files\nsubid: sss\n"), "sss");
}

TEST(SubordinateRanges, ThatMeetAnothersAreFound) {
  const auto lines = subordinate_lines(kFile);
  EXPECT_FALSE(overlap({{100000, 65536}}, lines, "ann", 1001));  // side by side is not the same
  const auto other = overlap({{100000, 65537}}, lines, "ann", 1001);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->owner, "bob");
  EXPECT_TRUE(overlap({{300000, 10}}, lines, "ann", 1001));
  EXPECT_FALSE(overlap({{300000, 10}}, lines, "cai", 1003)) << "a line may name its owner by number";
}

TEST(FreeSubordinateIds, AreBehindAllOthersOfBothFiles) {
  EXPECT_EQ(free_subordinate_start({}, {}), 100000u);
  EXPECT_EQ(
      free_subordinate_start(subordinate_lines("a:100000:65536\n"), subordinate_lines("a:231072:65536\n")),
      296608u);
}

}  // namespace
}  // namespace cloche
