#include "cli/options.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace cloche::cli {
namespace {

constexpr Option kTable[] = {
    {"memory", "SIZE", "the most memory", "limits"},
    {"ro", "PATH", "show PATH read-only", "view"},
    {"json", "", "print JSON", "output"},
};

TEST(OptionsOfACommand, EndAtTheFirstWord) {
  const Parsed parsed = parse(kTable, {"--memory", "2G", "make", "--json"});
  EXPECT_EQ(parsed.value("memory"), "2G");
  EXPECT_FALSE(parsed.has("json"));
  EXPECT_EQ(parsed.words, (Words{"make", "--json"}));
}

TEST(OptionsOfACommand, EndAtTheDashes) {
  const Parsed parsed = parse(kTable, {"--json", "--", "--memory", "--"});
  EXPECT_TRUE(parsed.has("json"));
  EXPECT_EQ(parsed.words, (Words{"--memory", "--"}));
}

TEST(OptionsOfACommand, KeepTheirOrder) {
  const Parsed parsed = parse(kTable, {"--ro=/a", "--memory=1", "--ro", "/b"});
  ASSERT_EQ(parsed.options.size(), 3u);
  EXPECT_EQ(parsed.options[0], std::make_pair(std::string("ro"), std::string("/a")));
  EXPECT_EQ(parsed.options[2], std::make_pair(std::string("ro"), std::string("/b")));
}

TEST(AValue, MayBeginWithADashOrHoldAnEqualsSign) {
  EXPECT_EQ(parse(kTable, {"--ro", "--strange"}).value("ro"), "--strange");
  EXPECT_EQ(parse(kTable, {"--ro=a=b"}).value("ro"), "a=b");
  EXPECT_EQ(parse(kTable, {"--ro", "a\nb c"}).value("ro"), "a\nb c");
}

TEST(AWrongOption, IsNamedWithTheNearest) {
  try {
    parse(kTable, {"--memroy", "2G"});
    FAIL() << "it was taken";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "unknown option '--memroy'");
    EXPECT_EQ(error.remedy(), "did you mean --memory?");
  }
}

TEST(AWrongOption, IsNeverGuessed) {
  for (const Words& words : {Words{"--mem", "2G"}, Words{"-m"}, Words{"--json=1"}, Words{"--memory"},
                             Words{"--memory="}, Words{"--=x"}})
    EXPECT_THROW(parse(kTable, words), UsageError) << words.front();
}

TEST(MixedOptions, MayStandAfterTheWords) {
  const Parsed parsed = parse_mixed(kTable, {"name", "--json", "other", "--", "--ro"});
  EXPECT_TRUE(parsed.has("json"));
  EXPECT_EQ(parsed.words, (Words{"name", "other", "--ro"}));
}

TEST(HelpText, ListsEachOptionUnderItsGroup) {
  const std::string text = help_text("cloche x", "Does x.", kTable);
  EXPECT_NE(text.find("limits:\n  --memory SIZE"), std::string::npos) << text;
  EXPECT_NE(text.find("--help"), std::string::npos);
}

}  // namespace
}  // namespace cloche::cli
