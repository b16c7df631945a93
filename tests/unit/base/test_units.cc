#include "base/units.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace cloche {
namespace {

using namespace std::chrono_literals;

TEST(ASize, TakesPowersOf1024AndDecimals) {
  EXPECT_EQ(parse_size("0"), 0u);
  EXPECT_EQ(parse_size("4096"), 4096u);
  EXPECT_EQ(parse_size("64K"), 65536u);
  EXPECT_EQ(parse_size("1.5G"), 1610612736u);
  EXPECT_EQ(parse_size("2T"), 2199023255552u);
  EXPECT_EQ(parse_size("3MiB"), 3145728u);
}

TEST(ASize, RefusesWhatIsNone) {
  for (const char* wrong :
       {"", "M", "-1", "1 M", "1m", "1.", ".", "1..5", "0x10", "1MM", "99999999999T", "1e3"})
    EXPECT_THROW(parse_size(wrong), UsageError) << wrong;
}

TEST(ADuration, TakesUnitsAndSums) {
  EXPECT_EQ(parse_duration("2"), 2s);
  EXPECT_EQ(parse_duration("1500ms"), 1500ms);
  EXPECT_EQ(parse_duration("0.5s"), 500ms);
  EXPECT_EQ(parse_duration("1h30m"), 90min);
}

TEST(ADuration, RefusesWhatIsNone) {
  for (const char* wrong : {"", "s", "-1s", "1d", "1s ", "999999999999999h", "5sm"})
    EXPECT_THROW(parse_duration(wrong), UsageError) << wrong;
}

TEST(AShare, IsInThousandths) {
  EXPECT_EQ(parse_thousandths("1.5"), 1500u);
  EXPECT_EQ(parse_thousandths("2"), 2000u);
  for (const char* wrong : {"0", "0.0001", "", "x", "-2", "1,5"})
    EXPECT_THROW(parse_thousandths(wrong), UsageError) << wrong;
}

TEST(Words, AreShort) {
  EXPECT_EQ(size_words(17), "17 B");
  EXPECT_EQ(size_words(1610612736), "1.5 GiB");
  EXPECT_EQ(duration_words(1520ms), "1.52 s");
  EXPECT_EQ(duration_words(12ms), "12 ms");
}

}  // namespace
}  // namespace cloche
