#include "cgroup/place.h"

#include <gtest/gtest.h>

namespace cloche {
namespace {

constexpr const char* kHybrid =
    "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"
    "cpuset\t0\t49\t1\n"
    "blkio\t7\t1\t1\n"
    "memory\t4\t48\t1\n";

TEST(AHybridHost, HasItsControllersInEitherHands) {
  EXPECT_TRUE(v1_holds(kHybrid, "memory"));
  EXPECT_FALSE(v1_holds(kHybrid, "cpuset"));
  EXPECT_FALSE(v1_holds(kHybrid, "pids")) << "a kernel without it";
}

TEST(AHybridHost, KnowsIoByItsOldName) {
  EXPECT_TRUE(v1_holds(kHybrid, "io"));
}

}  // namespace
}  // namespace cloche
