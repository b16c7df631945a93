#include "host/look_up.h"

#include <gtest/gtest.h>

#include "support/folder.h"

namespace cloche {
namespace {

using Kind = PathFact::Kind;

class LookingUp : public ::testing::Test {
 protected:
  PathFact fact(const std::string& name) {
    look_up(facts_, {base_.at(name)});
    return facts_.paths.at(base_.at(name));
  }

  testing::TemporaryFolder base_;
  HostFacts facts_;
};

TEST_F(LookingUp, TellsWhatStandsThere) {
  testing::make_folder(base_.at("folder"));
  testing::write_file(base_.at("folder/file"), "");
  ASSERT_EQ(::symlink("folder", base_.at("link").c_str()), 0);
  ASSERT_EQ(::symlink("nowhere", base_.at("loose").c_str()), 0);
  EXPECT_EQ(fact("folder").kind, Kind::folder);
  EXPECT_EQ(fact("folder/file").kind, Kind::file);
  EXPECT_EQ(fact("link").resolved, fact("folder").resolved);
  EXPECT_EQ(fact("link/file").resolved, fact("folder/file").resolved);
  EXPECT_TRUE(fact("loose").leads_nowhere);
}

TEST_F(LookingUp, FindsNothingInAFolderThatIsMissing) {
  EXPECT_EQ(fact("none").kind, Kind::missing);
  EXPECT_EQ(fact("none/file"), PathFact{});
  EXPECT_EQ(fact("none/file/further"), PathFact{});
}

TEST_F(LookingUp, DoesNotLookForIt) {
  EXPECT_EQ(fact("late").kind, Kind::missing);
  testing::make_folder(base_.at("late"));
  testing::write_file(base_.at("late/file"), "");
  EXPECT_EQ(fact("late/file").kind, Kind::missing);
  EXPECT_EQ(fact("late").kind, Kind::folder);
  EXPECT_EQ(fact("late/file").kind, Kind::file);
}

}  // namespace
}  // namespace cloche
