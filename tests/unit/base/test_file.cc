#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"

namespace cloche {
namespace {

class AFolder : public testing::Test {
 protected:
  AFolder() { dir_ = ::mkdtemp(name_); }
  ~AFolder() override { std::filesystem::remove_all(dir_); }
  std::string at(const std::string& name) const { return dir_ + "/" + name; }
  char name_[32] = "/tmp/cloche-unit-XXXXXX";
  std::string dir_;
};

TEST_F(AFolder, KeepsTheOldFileWhenReplacingFails) {
  replace_file(at("report"), "old");
  EXPECT_EQ(read_file(at("report")), "old");
  EXPECT_THROW(replace_file(at("missing/report"), "new"), Error);
  replace_file(at("report"), "new");
  EXPECT_EQ(read_file(at("report")), "new");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir_), {}), 1) << "a temporary is left";
}

TEST_F(AFolder, RefusesAFileTooLargeToBeRight) {
  std::ofstream(at("large")) << std::string(5000, 'x');
  EXPECT_THROW(read_file(at("large"), 4999), Error);
  EXPECT_EQ(read_file(at("large"), 5000).size(), 5000u);
}

TEST_F(AFolder, NamesTheFileThatCannotBeRead) {
  try {
    read_file(at("missing"));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ENOENT);
    EXPECT_NE(std::string(error.what()).find(at("missing")), std::string::npos);
  }
}

}  // namespace
}  // namespace cloche
