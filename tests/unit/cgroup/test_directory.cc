#include "cgroup/directory.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "cgroup/limits.h"
#include "support/folder.h"

namespace cloche {
namespace {

using testing::TemporaryFolder;
using testing::text_of;
using testing::write_file;

/// A folder that looks like a cgroup: what the kernel would make are plain files here.
class ACgroup : public ::testing::Test {
 protected:
  void file(const std::string& name, const std::string& text = "") { write_file(folder_.at(name), text); }
  CgroupDirectory open() const { return CgroupDirectory(folder_.path()); }

  TemporaryFolder folder_;
};

TEST_F(ACgroup, KnowsNothingWhereTheKernelSaysNothing) {
  const Figures used = open().figures();
  EXPECT_FALSE(used.memory_peak);
  EXPECT_FALSE(used.oom_kills);
  EXPECT_FALSE(used.cpu_user_usec);
  EXPECT_FALSE(used.tasks_peak);
  EXPECT_FALSE(used.io_read_bytes);
  EXPECT_FALSE(used.memory_pressure_usec);
}

TEST_F(ACgroup, ReadsItsFigures) {
  file("memory.peak", "67108864\n");
  file("memory.events", "low 0\nhigh 0\nmax 12\noom 1\noom_kill 3\noom_group_kill 1\n");
  file("cpu.stat", "usage_usec 900\nuser_usec 700\nsystem_usec 200\nnr_throttled 2\nthrottled_usec 55\n");
  file("pids.peak", "17\n");
  file("pids.events", "max 5\n");
  file("cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=123\nfull avg10=0.00 total=9\n");
  const Figures used = open().figures();
  EXPECT_EQ(used.memory_peak, 67108864u);
  EXPECT_EQ(used.oom_kills, 3u);
  EXPECT_EQ(used.cpu_user_usec, 700u);
  EXPECT_EQ(used.cpu_system_usec, 200u);
  EXPECT_EQ(used.cpu_throttled_usec, 55u);
  EXPECT_EQ(used.tasks_peak, 17u);
  EXPECT_EQ(used.tasks_refused, 5u);
  EXPECT_EQ(used.cpu_pressure_usec, 123u);
}

TEST_F(ACgroup, TellsWhatItHoldsAtOneMoment) {
  EXPECT_EQ(open().usage(), Usage{});
  file("memory.current", "4096\n");
  file("pids.current", "3\n");
  file("cpu.stat", "usage_usec 900\nuser_usec 700\nthrottled_usec 55\n");
  file("io.stat", "8:0 rbytes=100 wbytes=7\n");
  file("io.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=123\n");
  const Usage now = {.memory = 4096,
                     .tasks = 3,
                     .cpu_usec = 900,
                     .throttled_usec = 55,
                     .io_read_bytes = 100,
                     .io_write_bytes = 7,
                     .io_pressure_usec = 123};
  EXPECT_EQ(open().usage(), now);
}

TEST_F(ACgroup, AddsUpItsDevices) {
  file("io.stat",
       "8:0 rbytes=100 wbytes=7 rios=1 wios=1 dbytes=0 dios=0\n8:16 rbytes=11 wbytes=1 rios=1 wios=1\n");
  const Figures used = open().figures();
  EXPECT_EQ(used.io_read_bytes, 111u);
  EXPECT_EQ(used.io_write_bytes, 8u);
}

TEST_F(ACgroup, TakesAnEmptyIoFileForNothingReadYet) {
  file("io.stat", "");
  EXPECT_EQ(open().figures().io_read_bytes, 0u);
}

TEST_F(ACgroup, DoesNotTakeALimitOfMaxForANumber) {
  file("memory.max", "max\n");
  EXPECT_FALSE(open().number("memory.max"));
}

TEST_F(ACgroup, TellsAKeyFromOneThatBeginsLikeIt) {
  file("memory.events", "oom_kill_all 4\noom_kill 1\n");
  EXPECT_EQ(open().number("memory.events", "oom_kill"), 1u);
}

TEST_F(ACgroup, StaysTheSameWhenItsPathIsTakenByAnother) {
  testing::make_folder(folder_.at("one"));
  write_file(folder_.at("one/pids.max"), "7");
  const CgroupDirectory held(folder_.at("one"));
  ASSERT_EQ(::rename(folder_.at("one").c_str(), folder_.at("moved").c_str()), 0);
  testing::make_folder(folder_.at("one"));
  EXPECT_EQ(held.number("pids.max"), 7u);
}

TEST_F(ACgroup, MakesAChildOnce) {
  EXPECT_EQ(open().make_child("payload").path(), folder_.at("payload"));
  try {
    open().make_child("payload");
    FAIL() << "made twice";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), EEXIST);
    EXPECT_NE(std::string(error.what()).find(folder_.at("payload")), std::string::npos);
  }
}

TEST_F(ACgroup, SaysWhyAControllerCannotBeSwitchedOn) {
  EXPECT_EQ(open().enable("io"), ENOENT);
}

TEST_F(ACgroup, AppliesALimit) {
  file("pids.max");
  apply(open(), {"--tasks", "pids", "pids.max", "50"});
  EXPECT_EQ(text_of(folder_.at("pids.max")), "50");
}

TEST_F(ACgroup, RefusesALimitWithoutItsFileByTheOptionsName) {
  try {
    apply(open(), {"--memory", "memory", "memory.max", "64"});
    FAIL() << "there is no such file";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("--memory"), std::string::npos) << error.what();
    EXPECT_EQ(error.code(), ENOENT);
  }
}

TEST_F(ACgroup, RefusesALimitThatIsNotInForceAfterwards) {
  // The tail that is left makes the file read back as another value than was written.
  file("cpuset.cpus", "0-7,9");
  EXPECT_THROW(apply(open(), {"--cpuset", "cpuset", "cpuset.cpus", "0"}), Error);
}

TEST_F(ACgroup, NamesEachControllerOnce) {
  const std::vector<LimitFile> files = {{"--memory", "memory", "memory.max", "1"},
                                        {"--tasks", "pids", "pids.max", "1"},
                                        {"--swap", "memory", "memory.swap.max", "0"}};
  EXPECT_EQ(controllers_of(files), (std::vector<std::string>{"memory", "pids"}));
}

}  // namespace
}  // namespace cloche
