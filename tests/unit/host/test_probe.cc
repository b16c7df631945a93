// What a probe makes of an answer, on machines that are made of files; and the process that acts, for real.
#include "host/probe.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "host/attempt.h"
#include "unit/host/machine.h"

namespace cloche {
namespace {

using namespace std::chrono_literals;

TEST(AnAttempt, BringsBackWhatTheActSaid) {
  const Reply answer = attempt([] { return std::string("two\nlines"); });
  EXPECT_TRUE(answer.done());
  EXPECT_EQ(answer.text, "two\nlines");
}

TEST(AnAttempt, BringsBackTheErrorWithItsErrnoAndRemedy) {
  const Reply answer = attempt([]() -> std::string { throw Error("no", "do", EACCES); });
  EXPECT_EQ(answer.kind, Reply::Kind::refused);
  EXPECT_EQ(answer.text, "no");
  EXPECT_EQ(answer.remedy, "do");
  EXPECT_EQ(answer.error, EACCES);
}

TEST(AnAttempt, ThatHangsIsEndedWithAllThatItStarted) {
  const auto begun = std::chrono::steady_clock::now();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Reply answer = attempt(
      [&] {
        ::close(ends[0]);
        if (::fork() == 0) ::pause();
        ::pause();
        return std::string();
      },
      200ms);
  ::close(ends[1]);
  EXPECT_EQ(answer.kind, Reply::Kind::silent);
  char byte;
  EXPECT_EQ(::read(ends[0], &byte, 1), 0) << "a grandchild holds the pipe open";
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 20s);
  ::close(ends[0]);
}

TEST(AnAttempt, ThatIsKilledSaysBySignal) {
  const Reply answer = attempt([] {
    ::raise(SIGSYS);
    return std::string();
  });
  EXPECT_EQ(answer.kind, Reply::Kind::died);
  EXPECT_NE(answer.text.find("31"), std::string::npos) << answer.text;
}

TEST(AnAttempt, LeavesNoChild) {
  attempt([] { return std::string(); });
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

class AProbedMachine : public MachineOfFiles {};

TEST_F(AProbedMachine, WithUbuntusSwitchNamesProfileAndSwitch) {
  has("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
  const Finding finding = user_namespace_finding(EPERM, root_);
  EXPECT_EQ(finding.kind, Finding::Kind::blocking);
  EXPECT_NE(finding.remedy.find("apparmor_restrict_unprivileged_userns=0"), std::string::npos)
      << finding.remedy;
  EXPECT_TRUE(finding.needs_administrator);
}

TEST_F(AProbedMachine, WithDebiansSwitchOffGivesTheBareCommand) {
  has("/proc/sys/kernel/unprivileged_userns_clone", "0\n");
  const Finding finding = user_namespace_finding(EPERM, root_);
  EXPECT_EQ(finding.remedy, "sysctl -w kernel.unprivileged_userns_clone=1");
  EXPECT_TRUE(finding.needs_administrator);
}

TEST_F(AProbedMachine, ThatGivesNamespacesTellsHowMany) {
  has("/proc/sys/user/max_user_namespaces", "15000\n");
  const Finding finding = user_namespace_finding(0, root_);
  EXPECT_EQ(finding.kind, Finding::Kind::ok);
  EXPECT_EQ(finding.state, "made, at most 15000");
}

TEST(LandlockOfAnOldKernel, IsLimitedAndSaysWhatItLeavesOut) {
  const Finding finding = landlock_finding(2, 0, "");
  EXPECT_EQ(finding.kind, Finding::Kind::limited);
  EXPECT_NE(finding.detail.find("truncation"), std::string::npos);
  EXPECT_EQ(finding.detail.find("renames"), std::string::npos);
  EXPECT_EQ(landlock_finding(6, 0, "").kind, Finding::Kind::ok);
}

TEST(LandlockThatIsSwitchedOff, IsToldWithTheWordsForTheKernel) {
  const Finding finding = landlock_finding(-1, EOPNOTSUPP, "lockdown,capability,yama\n");
  EXPECT_EQ(finding.kind, Finding::Kind::missing);
  EXPECT_NE(finding.remedy.find("lsm=landlock,lockdown,capability,yama"), std::string::npos)
      << finding.remedy;
  EXPECT_TRUE(finding.needs_administrator);
  EXPECT_EQ(landlock_finding(-1, ENOSYS, "").state, "none");
}

}  // namespace
}  // namespace cloche
