#include <gtest/gtest.h>

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
    EXPECT_THROW(check_capability(name), Error) << name;
}

TEST(TheRootsCapabilities, AreAllOnesThatMayBeKept) {
  EXPECT_FALSE(root_capabilities().empty());
  for (const std::string& name : root_capabilities()) EXPECT_NO_THROW(check_capability(name)) << name;
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
