#include "sandbox/registry.h"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/folder.h"

namespace cloche {
namespace {

using testing::exists;
using testing::TemporaryFolder;
using testing::write_file;

class ARegistry : public ::testing::Test {
 protected:
  RunningSandbox sandbox(const std::string& name) const {
    return {name,       {"sleep", "1"},     ::getpid(),         ::getpid(), start_time(::getpid()),
            1700000000, "/sys/fs/cgroup/x", "{\n  \"a\": 1\n}", "{\"b\":2}"};
  }

  TemporaryFolder base_;
  const std::string folder_ = base_.at("cloche");
};

TEST_F(ARegistry, ListsWhatWasRecorded) {
  Registration entry(folder_, "one");
  ASSERT_TRUE(entry.held());
  entry.record(sandbox("one"));
  EXPECT_EQ(running_sandboxes(folder_), std::vector{sandbox("one")});
}

TEST_F(ARegistry, DoesNotListWhatHasNotBegun) {
  const Registration entry(folder_, "one");
  EXPECT_TRUE(running_sandboxes(folder_).empty());
}

TEST_F(ARegistry, RefusesANameThatIsInUse) {
  const Registration entry(folder_, "one");
  try {
    const Registration second(folder_, "one");
    FAIL() << "taken twice";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("'one' is running already"), std::string::npos) << error.what();
  }
  EXPECT_TRUE(Registration(folder_, "two").held());
}

TEST_F(ARegistry, GivesANameBackAndTakesItsFolderAway) {
  { const Registration entry(folder_, "one"); }
  EXPECT_FALSE(exists(folder_));
  EXPECT_TRUE(Registration(folder_, "one").held());
}

TEST_F(ARegistry, KeepsItsFolderBelowTheHomeWhichIsOnADisk) {
  const std::string folder = registry_folder("", base_.path());
  { const Registration entry(folder, "one"); }
  EXPECT_TRUE(exists(folder));
  EXPECT_FALSE(exists(folder + "/one.json"));
}

TEST_F(ARegistry, KeepsTheFolderThatAnotherUses) {
  const Registration stays(folder_, "stays");
  { const Registration goes(folder_, "goes"); }
  EXPECT_TRUE(exists(folder_ + "/stays.json"));
}

TEST_F(ARegistry, RemovesAnEntryThatNobodyHolds) {
  testing::make_folder(folder_);
  write_file(folder_ + "/dead.json", "{}");
  EXPECT_TRUE(running_sandboxes(folder_).empty());
  EXPECT_FALSE(exists(folder_ + "/dead.json"));
}

TEST_F(ARegistry, IsForItsOwnerAlone) {
  const Registration entry(folder_, "one");
  struct stat there {};
  ASSERT_EQ(::stat(folder_.c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777u, 0700u);
  ASSERT_EQ(::stat((folder_ + "/one.json").c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777u, 0600u);
}

TEST_F(ARegistry, DoesNotUseAFolderThatOthersMayWrite) {
  testing::make_folder(folder_);
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);
  EXPECT_FALSE(Registration(folder_, "one").held());
}

TEST_F(ARegistry, DoesNotFollowALinkInItsPlace) {
  testing::make_folder(base_.at("elsewhere"));
  ASSERT_EQ(::symlink("elsewhere", folder_.c_str()), 0);
  EXPECT_FALSE(Registration(folder_, "one").held());
}

TEST_F(ARegistry, AnswersAWrongNameWithTheRightOnes) {
  Registration entry(folder_, "make-1");
  entry.record(sandbox("make-1"));
  try {
    running_sandbox(folder_, "make");
    FAIL() << "found what is not there";
  } catch (const Error& error) {
    EXPECT_EQ(error.remedy(), "there are: make-1");
  }
}

TEST_F(ARegistry, DoesNotTakeAnotherProcessForItsPid1) {
  RunningSandbox other = sandbox("one");
  EXPECT_EQ(held_init(other).pid, ::getpid());
  other.init_started += 1;  // a number that was used again
  EXPECT_THROW(held_init(other), Error);
}

}  // namespace
}  // namespace cloche
