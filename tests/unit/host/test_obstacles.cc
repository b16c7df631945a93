#include "host/obstacles.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "unit/host/machine.h"

namespace cloche {
namespace {

class AMachine : public MachineOfFiles {};

void expect_words(const Obstacle& obstacle, const std::string& sentence, const std::string& remedy) {
  EXPECT_NE(obstacle.sentence.find(sentence), std::string::npos) << obstacle.sentence;
  EXPECT_NE(obstacle.remedy.find(remedy), std::string::npos) << obstacle.remedy;
}

TEST_F(AMachine, WithDebiansSwitchOffSaysSo) {
  has("/proc/sys/kernel/unprivileged_userns_clone", "0\n");
  expect_words(why_no_namespaces(EPERM, root_), "switched off", "kernel.unprivileged_userns_clone=1");
}

TEST_F(AMachine, WithoutRoomForAKindOfNamespaceNamesTheKind) {
  has("/proc/sys/user/max_user_namespaces", "100\n");
  has("/proc/sys/user/max_net_namespaces", "0\n");
  expect_words(why_no_namespaces(ENOSPC, root_), "no net namespaces", "user.max_net_namespaces=");
}

TEST_F(AMachine, WithTooManyNamespacesSaysSo) {
  expect_words(why_no_namespaces(ENOSPC, root_), "limit of namespaces", "user.max_user_namespaces");
}

TEST_F(AMachine, RestrictedByAppArmorNamesTheProfileAndTheSwitch) {
  has("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
  expect_words(why_no_namespaces(EPERM, root_), "AppArmor", "apparmor_restrict_unprivileged_userns=0");
  expect_words(why_no_map(EPERM, root_), "AppArmor", "apparmor_restrict_unprivileged_userns=0");
}

TEST_F(AMachine, ThatIsAContainerNamesTheOuterFilter) {
  has("/proc/self/status", "Name:\tx\nSeccomp:\t2\n");
  expect_words(why_no_namespaces(EPERM, root_), "outer container", "filter");
}

TEST_F(AMachine, WithNothingElseWrongIsPerhapsAChroot) {
  has("/proc/self/status", "Name:\tx\nSeccomp:\t0\n");
  expect_words(why_no_namespaces(EPERM, root_), "chroot", "outside");
}

TEST_F(AMachine, WithAMaskedProcNamesTheMask) {
  has("/proc/self/mountinfo",
      "22 1 0:21 / /proc rw - proc proc rw\n23 22 0:22 / /proc/kcore rw - tmpfs tmpfs rw\n");
  expect_words(why_no_fresh_proc(EPERM, root_), "'/proc/kcore'", "unmasked /proc");
}

TEST_F(AMachine, WithAWholeProcTellsTheErrno) {
  has("/proc/self/mountinfo",
      "22 1 0:21 / /proc rw - proc proc rw\n23 22 0:22 / /proc/sys/fs/binfmt_misc rw - autofs x rw\n");
  expect_words(why_no_fresh_proc(EPERM, root_), "EPERM", "");
}

}  // namespace
}  // namespace cloche
