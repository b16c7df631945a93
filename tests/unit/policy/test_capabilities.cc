#include <gtest/gtest.h>
#include <sys/capability.h>

#include <map>

#include "base/error.h"
#include "policy/capabilities.h"
#include "policy/weakenings.h"

namespace cloche {
namespace {

TEST(ACapability, HasTheKernelsNumber) {
  EXPECT_EQ(capability_number("chown"), 0u);
  EXPECT_EQ(capability_number("sys_admin"), 21u);
  EXPECT_EQ(capability_number("net_bind_service"), 10u);
}

TEST(ACapability, ThatIsMisspeltIsAnsweredWithTheNearestName) {
  try {
    capability_number("net_bind_servce");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(error.remedy().find("net_bind_service"), std::string::npos) << error.remedy();
  }
}

TEST(ACapability, ThatCouldUndoTheSandboxIsRefused) {
  for (const char* name : {"sys_admin", "sys_chroot", "sys_ptrace", "sys_module", "sys_rawio", "setfcap",
                           "dac_read_search", "setpcap", "bpf", "perfmon", "mknod"})
    EXPECT_THROW(kept_capability(name), Error) << name;
}

TEST(ACapability, ThatIsKeptIsListedWithWhatItOpens) {
  EXPECT_NE(std::string(kept_capability("net_raw").opens).find("raw IP sockets"), std::string::npos);
  EXPECT_TRUE(kept_capability("net_raw").network);
}

TEST(ACapability, IsEitherExplainedOrRefusedWhateverTheLibraryKnows) {
  std::map<std::string, int> rows;
  for (const Capability& one : capabilities()) {
    ++rows[one.name];
    EXPECT_NE(one.opens == nullptr, one.refused == nullptr) << one.name;
  }
  for (cap_value_t value = 0; value < cap_max_bits(); ++value) {
    char* name = ::cap_to_name(value);
    const std::string known = name;
    ::cap_free(name);
    // Of a number that it has no name for, libcap gives the number.
    if (known.starts_with("cap_")) EXPECT_EQ(rows[known.substr(4)], 1) << known;
  }
  for (const auto& [name, count] : rows) EXPECT_NO_THROW(capability_number(name)) << name;
}

TEST(TheRootsCapabilities, AreAllOnesThatMayBeKept) {
  EXPECT_FALSE(root_capabilities().empty());
  for (const std::string& name : root_capabilities()) EXPECT_NO_THROW(kept_capability(name)) << name;
}

TEST(AWeakening, ThatIsMisspeltIsAnsweredWithTheNearestToken) {
  EXPECT_STREQ(weakening("ptrace").token, "ptrace");
  try {
    weakening("ptrce");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(error.remedy().find("ptrace"), std::string::npos) << error.remedy();
  }
}

}  // namespace
}  // namespace cloche
