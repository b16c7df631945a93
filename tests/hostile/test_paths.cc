// Paths that lead out: `..`, links planted in the shared folder by an earlier run, magic links of /proc, and
// links that change while the mounts are being set up. Whatever becomes of the run, the host is as before.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <ostream>
#include <stdexcept>
#include <thread>

#include "base/text.h"
#include "support/cloche.h"
#include "support/folder.h"
#include "support/host.h"
#include "world.h"

namespace cloche::testing {
namespace {

struct Trap {
  std::string name;
  std::vector<std::string> options;
  bool refused = false;  ///< the run itself has to be refused, with exit 125
};
void PrintTo(const Trap& trap, std::ostream* stream) {
  *stream << join(trap.options, " ");
}

// {project}/out is a link to {private}, {project}/up one to `../..`, {project}/secret one to {secret}.
std::vector<Trap> traps() {
  return {
      {"ro_through_a_link", {"--ro", "/etc:{project}/out/new"}},
      {"rw_through_a_link", {"--rw", "{project}:{project}/out/new"}},
      {"tmpfs_through_a_link", {"--tmpfs", "{project}/out/new"}},
      {"tmpfs_on_a_link", {"--tmpfs", "{project}/out"}},
      {"hide_through_a_link", {"--hide", "{project}/out/secret"}},
      {"hide_on_a_link", {"--hide", "{project}/secret"}},
      {"ro_file_on_a_link", {"--ro", "/etc/hostname:{project}/secret"}},
      {"ro_by_climbing", {"--ro", "/etc:{project}/../{private_name}/new"}},
      {"tmpfs_by_climbing", {"--tmpfs", "/tmp/../../..{private}/new"}},
      {"tmpfs_above_the_root", {"--tmpfs", "/../../../../tmp/x"}},
      {"tmpfs_through_a_climbing_link", {"--tmpfs", "{project}/up/{private_name}/new"}},
      {"workdir_through_a_link", {"--workdir", "{project}/out"}, true},
      {"workdir_by_climbing", {"--workdir", "{project}/../{private_name}"}, true},
      {"workdir_in_a_leaked_folder", {"--workdir", "/proc/self/fd/{leaked}"}, true},
      {"workdir_in_the_root_of_init", {"--workdir", "/proc/1/root"}, true},
      {"tmpfs_in_a_leaked_folder", {"--tmpfs", "/proc/self/fd/{leaked}/new"}, true},
      {"rootfs_is_a_file", {"--rootfs", "{project}/file"}, true},
      {"rootfs_is_missing", {"--rootfs", "{project}/nothing"}, true},
      {"source_is_missing", {"--ro", "{project}/nothing"}, true},
  };
}

class APathOption : public ::testing::TestWithParam<Trap> {};

TEST_P(APathOption, NeverLeadsOut) {
  const World world;
  const std::string project = world.at("project");
  ASSERT_EQ(::symlink(world.at("private").c_str(), (project + "/out").c_str()), 0);
  ASSERT_EQ(::symlink("..", (project + "/up").c_str()), 0);
  ASSERT_EQ(::symlink(world.at("secret").c_str(), (project + "/secret").c_str()), 0);

  // The payload writes wherever the links lead now, which has to be nowhere that the host has.
  const Ended ended = world.sandboxed(GetParam().options, {"write_through_own_link", "{private}/new/file"});
  EXPECT_TRUE(!GetParam().refused || ended.status == 125) << ended;
  EXPECT_NE(ended.status, 0) << "the payload wrote through a planted link\n" << ended;
  const Ended reads = world.sandboxed(GetParam().options, {"read_file", "{secret}"});
  EXPECT_NE(reads.status, 0) << "the payload read a secret\n" << reads;
  world.expect_untouched();
}

INSTANTIATE_TEST_SUITE_P(Hostile, APathOption, ::testing::ValuesIn(traps()),
                         [](const auto& test) { return test.param.name; });

/// A folder of the project and a link out of it change places all the time, as a hostile job left running in
/// the shared folder would do it.
class AnExchangingLink {
 public:
  AnExchangingLink(const std::string& folder, const std::string& target) : folder_(folder) {
    make_folder(folder_ + "/a");
    if (::symlink(target.c_str(), (folder_ + "/b").c_str()) != 0) throw std::runtime_error("cannot link");
    thread_ = std::thread([this] {
      while (!stopping_) {
        ::renameat2(AT_FDCWD, (folder_ + "/a").c_str(), AT_FDCWD, (folder_ + "/b").c_str(), RENAME_EXCHANGE);
        std::this_thread::yield();
      }
    });
  }
  ~AnExchangingLink() {
    stopping_ = true;
    thread_.join();
  }

 private:
  std::string folder_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

TEST(ALinkPlantedWhileMountsAreSetUp, LeadsNowhere) {
  const World world;
  {
    const AnExchangingLink link(world.at("project"), world.at("private"));
    for (int round = 0; round < 20; ++round) {
      for (const std::vector<std::string>& options : {std::vector<std::string>{"--tmpfs", "{project}/a/new"},
                                                      {"--ro", "/etc/hostname:{project}/a/secret"},
                                                      {"--rw", "{project}:{project}/a/.ssh"}}) {
        const Ended ended = world.sandboxed(options, {"read_file", "{secret}"});
        EXPECT_TRUE(ended.status == 1 || ended.status == 125) << ended;
      }
    }
  }
  world.expect_untouched();
}

TEST(AFilePlantedWhereAFolderIsExpected, IsReportedAndLeftAlone) {
  const World world;
  const std::string before = folder_state(world.at("project"));
  const Ended ended = world.sandboxed({"--tmpfs", "{project}/file"}, {"read_file", "{secret}"});
  EXPECT_EQ(ended.status, 125) << ended;
  EXPECT_NE(ended.err.find("file"), std::string::npos) << ended;
  EXPECT_EQ(before, folder_state(world.at("project")));
  world.expect_untouched();
}

TEST(AMountThatWouldNeedAPlaceOnTheHost, IsRefusedAndNothingIsMade) {
  const World world;
  const std::string before = folder_state(world.at("project"));
  const Ended ended = world.sandboxed({"--tmpfs", "{project}/not/there"}, {"read_file", "{secret}"});
  EXPECT_EQ(ended.status, 125) << ended;
  EXPECT_EQ(before, folder_state(world.at("project"))) << "a mount point was left on the host";
  world.expect_untouched();
}

}  // namespace
}  // namespace cloche::testing
