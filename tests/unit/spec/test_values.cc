#include "spec/values.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace cloche {
namespace {

TEST(ABind, HasASourceAndPerhapsAPlace) {
  const ViewChange same = parse_bind(ViewChange::Kind::ro, "/a b\nc");
  EXPECT_EQ(same.source, "/a b\nc");
  EXPECT_EQ(same.destination, "");
  const ViewChange other = parse_bind(ViewChange::Kind::rw, "relative:/dest");
  EXPECT_EQ(other.source, "relative");
  EXPECT_EQ(other.destination, "/dest");
  EXPECT_EQ(parse_bind(ViewChange::Kind::ro, "/with\\:colon:/d").source, "/with:colon");
}

TEST(ABind, IsRefusedWithoutAPathOrWithARelativePlace) {
  for (const char* wrong : {"", ":/a", "/a:", "/a:b"})
    EXPECT_THROW(parse_bind(ViewChange::Kind::ro, wrong), UsageError) << wrong;
}

TEST(ATmpfs, MayHaveASize) {
  EXPECT_EQ(parse_tmpfs("/t").size, std::nullopt);
  EXPECT_EQ(parse_tmpfs("/t:1M").size, 1048576u);
  for (const char* wrong : {"", "t", "/t:", "/t:0", "/t:x"})
    EXPECT_THROW(parse_tmpfs(wrong), UsageError) << wrong;
}

TEST(WhoItIs, IsAWordOrNumbers) {
  EXPECT_EQ(parse_as("self").kind, As::Kind::self);
  EXPECT_EQ(parse_as("root").kind, As::Kind::root);
  EXPECT_EQ(parse_as("33"), (As{As::Kind::ids, 33, 33}));
  EXPECT_EQ(parse_as("33:7"), (As{As::Kind::ids, 33, 7}));
  for (const char* wrong : {"", "me", "-1", "1:", ":1", "4294967295", "1:2:3"})
    EXPECT_THROW(parse_as(wrong), UsageError) << wrong;
}

TEST(AName, CanBePartOfACgroupsName) {
  EXPECT_EQ(parse_name("build-1.x_y"), "build-1.x_y");
  for (const char* wrong : {"", "-a", ".a", "a/b", "a b", "..", "a\n"})
    EXPECT_THROW(parse_name(wrong), UsageError) << wrong;
  EXPECT_THROW(parse_name(std::string(64, 'a')), UsageError);
}

TEST(AHostName, IsOneOfTheNetwork) {
  EXPECT_EQ(parse_hostname("box.example"), "box.example");
  for (const char* wrong : {"", "-a", "a-", "a_b", "a b"})
    EXPECT_THROW(parse_hostname(wrong), UsageError) << wrong;
}

TEST(AVariable, MayBeEmptyButNotNameless) {
  EXPECT_EQ(parse_environment("A=").value, "");
  EXPECT_EQ(parse_environment("A=b=c").value, "b=c");
  EXPECT_EQ(parse_environment("A").value, std::nullopt);
  EXPECT_THROW(parse_environment("=x"), UsageError);
}

TEST(AnIoLimit, NamesADeviceAndItsKeys) {
  const IoMax limit = parse_io_max("/dev/sda:rbps=1M,wiops=20");
  EXPECT_EQ(limit.device, "/dev/sda");
  EXPECT_EQ(limit.limits, (std::map<std::string, std::uint64_t>{{"rbps", 1048576}, {"wiops", 20}}));
  EXPECT_EQ(parse_io_max("8:0:wbps=1").device, "8:0");
  for (const char* wrong :
       {"", "/dev/sda", "/dev/sda:", "/dev/sda:x=1", "sda:rbps=1", "/dev/sda:rbps=0", ":rbps=1"})
    EXPECT_THROW(parse_io_max(wrong), UsageError) << wrong;
}

TEST(AListOfCores, IsNumbersAndRanges) {
  EXPECT_EQ(parse_cpuset("0-3,7"), "0-3,7");
  for (const char* wrong : {"", "a", "3-1", "1-", "0,,1", "1-2-3", "99999"})
    EXPECT_THROW(parse_cpuset(wrong), UsageError) << wrong;
}

TEST(AnRlimit, IsKnownByItsName) {
  EXPECT_EQ(parse_rlimit("nofile=1024:4K"), (ResourceLimit{"nofile", 1024, 4096}));
  EXPECT_EQ(parse_rlimit("RLIMIT_CORE=unlimited"), (ResourceLimit{"core", kUnlimited, kUnlimited}));
  for (const char* wrong : {"", "nofile", "nofile=", "files=1", "nofile=2:1", "nofile=x"})
    EXPECT_THROW(parse_rlimit(wrong), UsageError) << wrong;
}

TEST(ACapability, IsWrittenInThreeWays) {
  for (const char* form : {"NET_ADMIN", "cap_net_admin", "net_admin"})
    EXPECT_EQ(parse_capability(form), "net_admin");
  EXPECT_THROW(parse_capability("cap_"), UsageError);
}

TEST(AWeight, IsBetweenOneAndTenThousand) {
  EXPECT_EQ(parse_weight("10000"), 10000u);
  for (const char* wrong : {"0", "10001", "-1", "x", ""})
    EXPECT_THROW(parse_weight(wrong), UsageError) << wrong;
}

TEST(AMode, IsOneOfItsWords) {
  EXPECT_EQ(parse_map_mode("single"), MapMode::single);
  EXPECT_EQ(parse_net("host"), NetMode::host);
  EXPECT_EQ(parse_landlock_mode("auto"), LandlockMode::automatic);
  EXPECT_THROW(parse_map_mode("both"), UsageError);
  EXPECT_THROW(parse_net("bridge"), UsageError);
  EXPECT_THROW(parse_landlock_mode("on"), UsageError);
}

}  // namespace
}  // namespace cloche
