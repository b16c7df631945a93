#include "host/placeholder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/folder.h"

namespace cloche {
namespace {

using testing::TemporaryFolder;
using testing::write_file;

class APlaceholder : public ::testing::Test {
 protected:
  ino_t inode_of(const char* name) const {
    struct stat there {};
    return ::fstatat(fd_.get(), name, &there, AT_SYMLINK_NOFOLLOW) == 0 ? there.st_ino : 0;
  }

  TemporaryFolder folder_;
  const Fd fd_{::open(folder_.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
};

TEST_F(APlaceholder, IsKnownForWhatItIs) {
  for (const auto kind : {PlaceholderKind::link, PlaceholderKind::folder, PlaceholderKind::same}) {
    ASSERT_EQ(lay_placeholder(fd_.get(), "kept", kind), 0);
    EXPECT_TRUE(is_placeholder(fd_.get(), "kept"));
    take_placeholder(fd_.get(), "kept");
    EXPECT_FALSE(inode_of("kept"));
  }
}

TEST_F(APlaceholder, IsLaidUnderFurtherNames) {
  ASSERT_EQ(lay_placeholder(fd_.get(), ".git", PlaceholderKind::link), 0);
  ASSERT_EQ(lay_another_link(fd_.get(), ".git", ".envrc"), 0);
  EXPECT_TRUE(is_placeholder(fd_.get(), ".envrc"));
  EXPECT_EQ(inode_of(".envrc"), inode_of(".git"));
}

TEST_F(APlaceholder, IsNoFurtherNameOfWhatWasPutInThePlaceOfOne) {
  write_file(folder_.at(".git"), "gitdir: /elsewhere");
  ASSERT_EQ(lay_another_link(fd_.get(), ".git", ".envrc"), 0);
  EXPECT_TRUE(is_placeholder(fd_.get(), ".envrc"));
  EXPECT_NE(inode_of(".envrc"), inode_of(".git"));
}

TEST_F(APlaceholder, IsNotTakenWithWhatWasPutInItsPlace) {
  ASSERT_EQ(::symlinkat("/elsewhere", fd_.get(), ".envrc"), 0);
  take_placeholder(fd_.get(), ".envrc");
  EXPECT_TRUE(inode_of(".envrc"));
}

TEST_F(APlaceholder, OfAnotherRunIsShared) {
  ASSERT_EQ(lay_placeholder(fd_.get(), ".envrc", PlaceholderKind::link), 0);
  EXPECT_EQ(lay_placeholder(fd_.get(), ".envrc", PlaceholderKind::link), 0);
}

TEST_F(APlaceholder, IsNotLaidOverWhatIsThere) {
  write_file(folder_.at(".envrc"), "mine");
  EXPECT_EQ(lay_placeholder(fd_.get(), ".envrc", PlaceholderKind::link), EEXIST);
  EXPECT_FALSE(is_placeholder(fd_.get(), ".envrc"));
}

}  // namespace
}  // namespace cloche
