// What was refused, told: in the report, the summary, the page and as it happens; and that telling it changes
// neither the answer nor anything else of the run.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <numeric>

#include "base/text.h"
#include "project.h"

namespace cloche::testing {
namespace {

/// A project that the program `refused` is shown to.
class ARefusedCall : public ::testing::Test {
 protected:
  ARefusedCall() : project_({"--no-tty", "--ro", test_program("integration/refused") + ":/tmp/refused"}) {}

  void with(const std::vector<std::string>& options) {
    project_.cloche.options.insert(project_.cloche.options.end(), options.begin(), options.end());
  }
  /// Under a profile that denies `calls`, as TOML lists them.
  void with_denied(const std::string& calls) {
    write_file(project_.at("quiet.toml"), "[syscalls]\ndeny = [" + calls + "]\n");
    with({"--profile", project_.at("quiet.toml")});
  }
  Reported reported(std::vector<std::string> words) const {
    words.insert(words.begin(), "/tmp/refused");
    return project_.cloche.reported(words);
  }
  Ended run(std::vector<std::string> words) const {
    words.insert(words.begin(), "/tmp/refused");
    return project_.cloche.run(words);
  }
  Command command(std::vector<std::string> words) const {
    words.insert(words.begin(), "/tmp/refused");
    return project_.cloche.command(words);
  }
  /// Stops cloche, and then has the payload make the call for which it waits.
  bool call_while_stopped(Running& running) const {
    if (!running.wait_for("ready")) return false;
    running.signal(SIGSTOP);
    write_file(project_.at("go"), "");
    return running.wait_for("calling");
  }
  static double counted(const Json& report) {
    double sum = 0;
    for (std::size_t i = 0; i < report.size("/denials"); ++i)
      sum += report.number("/denials/" + std::to_string(i) + "/count");
    return sum;
  }

  Project project_;
};

TEST_F(ARefusedCall, IsKnownWhereAFilterDecidesSendmsgByItsFlags) {
  with({"--net", "host", "--tcp-connect", "1"});
  const auto [ended, report] = reported({"chroot", "/jail"});
  EXPECT_EQ(ended.out, "EPERM\n") << ended;
  EXPECT_EQ(report.size("/denials"), 1u) << report.dump();
  EXPECT_NE(report.text("/degraded/0/feature"), "denials") << report.dump();
}

TEST_F(ARefusedCall, IsKnownWhereTheFilterRefusesSendmsg) {
  with_denied(R"("sendmsg", "futex")");
  const auto [ended, report] = reported({"chroot", "/jail"});
  EXPECT_EQ(ended.out, "EPERM\n") << ended;
  EXPECT_EQ(report.size("/denials"), 1u) << report.dump();
  EXPECT_EQ(report.dump().find("\"feature\": \"denials\""), std::string::npos) << report.dump();
  EXPECT_EQ(left_behind(), "");
}

TEST_F(ARefusedCall, OfACommandThatEndsAtOnceIsKnownWhereTheFilterRefusesSendmsg) {
  // The listener is on its way still when the command ends: the run waits for it.
  with_denied(R"("sendmsg")");
  for (int turn = 0; turn < 40; ++turn) {
    const auto [ended, report] = project_.cloche.reported({"true"});
    ASSERT_FALSE(report.is_null("/denials")) << report.dump();
  }
}

TEST_F(ARefusedCall, WhoseListenerIsSentFromBesideThePayloadOpensNoWayAroundTheFilter) {
  // The sender has no filter, and is the payload's user: who traced it could make any call.
  with_denied(R"("sendmsg")");
  with({"--allow", "ptrace"});
  for (int turn = 0; turn < 20; ++turn) {
    const auto [ended, report] = reported({"peep", "3"});
    EXPECT_EQ(ended.out, "0\nEPERM\n") << ended;
    EXPECT_EQ(report.size("/denials"), 1u) << report.dump();
  }
}

TEST_F(ARefusedCall, IsRefusedAlikeWhereNoProcessCanBeStartedToSendTheListener) {
  with_denied(R"("sendmsg")");
  with({"--map", "single", "--rlimit", "nproc=1"});
  const auto [ended, report] = reported({"chroot", "/jail"});
  EXPECT_EQ(ended.out, "EPERM\n") << ended;
  EXPECT_TRUE(report.is_null("/denials")) << report.dump();
  EXPECT_NE(report.dump().find("no process could be started that sends its listener"), std::string::npos)
      << report.dump();
}

TEST_F(ARefusedCall, StandsInTheReportWithAllThatIsKnownOfIt) {
  const auto [ended, report] = reported({"chroot", "/jail"});
  EXPECT_EQ(ended.out, "EPERM\n") << ended;
  ASSERT_EQ(report.size("/denials"), 1u) << report.dump();
  EXPECT_EQ(report.text("/denials/0/layer"), "seccomp");
  EXPECT_EQ(report.text("/denials/0/syscall"), "chroot");
  EXPECT_EQ(report.text("/denials/0/arguments/0/name"), "path");
  EXPECT_EQ(report.text("/denials/0/arguments/0/value"), "/jail");
  EXPECT_EQ(report.text("/denials/0/action"), "errno");
  EXPECT_EQ(report.text("/denials/0/errno"), "EPERM");
  EXPECT_EQ(report.number("/denials/0/count"), 1);
  EXPECT_EQ(report.text("/denials/0/process/name"), "refused");
  EXPECT_EQ(report.number("/denials/0/process/pid"), 2);
  EXPECT_GT(report.number("/denials/0/process/host_pid"), 2);
}

TEST_F(ARefusedCall, OfNoneIsAnEmptyListAndNullWithoutAFilter) {
  EXPECT_EQ(project_.cloche.reported({"true"}).report.size("/denials"), 0u);
  EXPECT_FALSE(project_.cloche.reported({"true"}).report.is_null("/denials"));
  with({"--seccomp", "none"});
  const auto [ended, report] = reported({"chroot", "/"});
  EXPECT_EQ(ended.out, "EPERM\n") << ended;  // for want of the capability
  EXPECT_TRUE(report.is_null("/denials")) << report.dump();
}

TEST_F(ARefusedCall, IsReportedOfRootInsideToo) {
  with({"--as", "root"});
  const auto [ended, report] = reported({"chroot", "/jail"});
  EXPECT_EQ(ended.out, "EPERM\n") << ended;
  EXPECT_EQ(report.text("/denials/0/arguments/0/value"), "/jail") << report.dump();
}

TEST_F(ARefusedCall, IsToldInTheSummaryAndAsItHappens) {
  with({"--summary", "--verbose"});
  const Ended ended = run({"storm", "3", "1"});
  const std::string call = R"(chroot("/storm") EPERM)";
  EXPECT_NE(ended.err.find("cloche: refused: " + call + " by refused (pid 2)\n"), std::string::npos) << ended;
  EXPECT_NE(ended.err.find("refused  " + call + " ×3 by refused (pid 2)\n"), std::string::npos) << ended;
}

TEST_F(ARefusedCall, IsToldWhileTheCommandRuns) {
  with({"--verbose"});
  Running running(command({"for-ever"}));
  ASSERT_TRUE(running.wait_for("ready"));
  running.signal(SIGTERM);
  const Ended ended = running.wait();
  EXPECT_EQ(ended.status, 128 + SIGTERM) << ended;
  // One line for its kind however often it was made, and one for the sum.
  EXPECT_EQ(split(ended.err, '\n').size(), 3u) << ended;
  EXPECT_EQ(left_behind(), "");
}

TEST_F(ARefusedCall, CanNeitherForgeALineNorSpeakToTheTerminal) {
  const std::string name = "a\nb\x1b[31m\xff<", path = "/\x1b]0;title\x07\n\"\\<script>\xff";
  with({"--summary", "--verbose", "--report", "page.html"});
  const auto [ended, report] = reported({"named", name, path});
  EXPECT_EQ(report.text("/denials/0/process/name"), R"(a\nb\x1b[31m\xff<)") << report.dump();
  EXPECT_EQ(report.text("/denials/0/arguments/0/value"), R"(/\x1b]0;title\x07\n"\\<script>\xff)");
  const std::string page = text_of(project_.at("page.html"));
  for (const std::string& text : {ended.err, page}) {
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
    EXPECT_EQ(text.find('\xff'), std::string::npos) << text;
  }
  EXPECT_NE(page.find("&lt;script&gt;"), std::string::npos) << page;
  EXPECT_EQ(page.find("<script"), std::string::npos) << page;
}

TEST_F(ARefusedCall, IsCountedOfEveryThread) {
  const auto [ended, report] = reported({"storm", "20000", "200"});
  EXPECT_EQ(ended.out, "20000\n") << ended;
  ASSERT_EQ(report.size("/denials"), 1u) << report.dump();
  EXPECT_EQ(report.number("/denials/0/count"), 20000);
}

TEST_F(ARefusedCall, IsCountedExactlyInAStorm) {
  project_.cloche.timeout = std::chrono::minutes(10);
  const auto [ended, report] = reported({"storm", "1000000", "1"});
  EXPECT_EQ(ended.out, "1000000\n") << ended;
  EXPECT_EQ(counted(report), 1e6) << report.dump();
}

TEST_F(ARefusedCall, OfManyKindsTakesNoMoreThanItsRows) {
  const auto [ended, report] = reported({"kinds", "5000"});
  EXPECT_EQ(ended.status, 0) << ended;
  EXPECT_EQ(report.size("/denials"), 257u);
  EXPECT_EQ(counted(report), 5000);
  EXPECT_TRUE(report.is_null("/denials/256/arguments"));
}

TEST_F(ARefusedCall, InAStormHoldsUpNoTimeout) {
  with({"--timeout", "500ms"});
  const auto [ended, report] = reported({"for-ever"});
  EXPECT_EQ(ended.status, 124) << ended;
  EXPECT_EQ(report.text("/reason"), "timeout");
  EXPECT_GT(counted(report), 0);
  EXPECT_EQ(left_behind(), "");
}

TEST_F(ARefusedCall, IsAnsweredAmidSignals) {
  EXPECT_EQ(run({"signalled", "20000"}).out, "20000\n");
}

TEST_F(ARefusedCall, IsAnsweredToAChildThatBorrowsItsParentsMemory) {
  const auto [ended, report] = reported({"vfork"});
  EXPECT_EQ(ended.out, "EPERM\n") << ended;
  EXPECT_EQ(report.text("/denials/0/arguments/0/value"), "/vfork");
}

TEST_F(ARefusedCall, ThatWaitsWhileClocheIsKilledIsNotMadeAndHangsNothing) {
  Running running(command({"after", project_.at("go")}));
  ASSERT_TRUE(call_while_stopped(running));
  ::usleep(100'000);  // whether the call waits by now or is about to: it is not made
  running.signal(SIGKILL);
  const Ended ended = running.wait();
  EXPECT_EQ(ended.out.find("done"), std::string::npos) << ended;
  EXPECT_EQ(left_behind(), "");
}

TEST_F(ARefusedCall, ThatWaitsWhileClocheIsStoppedIsAnsweredWhenItGoesOn) {
  Running running(command({"after", project_.at("go")}));
  ASSERT_TRUE(call_while_stopped(running));
  running.signal(SIGCONT);
  EXPECT_TRUE(running.wait_for("EPERM"));
}

TEST_F(ARefusedCall, ThatTheFilterKillsForIsReported) {
#ifndef __x86_64__
  GTEST_SKIP() << "this machine has no second architecture to call by";
#endif
  with({"--summary"});
  const auto [ended, report] = reported({"x32"});
  EXPECT_EQ(ended.status, 128 + SIGSYS) << ended;
  EXPECT_EQ(report.text("/denials/0/action"), "kill") << report.dump();
  EXPECT_TRUE(report.is_null("/denials/0/syscall"));
  EXPECT_NE(ended.err.find("SIGSYS"), std::string::npos) << ended;
}

TEST_F(ARefusedCall, IsRefusedAlikeWhereSomebodyElseListens) {
  with({"--map", "single", "--report", "report.json"});
  Command listened = command({"chroot", "/jail"});
  listened.words.insert(listened.words.begin(), {test_program("integration/refused"), "listened"});
  const Ended ended = testing::run(listened);
  EXPECT_EQ(ended.out, "EPERM\n") << ended;
  const Json report(text_of(project_.at("report.json")));
  EXPECT_TRUE(report.is_null("/denials")) << report.dump();
  EXPECT_NE(report.dump().find("\"feature\": \"denials\""), std::string::npos) << report.dump();
}

}  // namespace
}  // namespace cloche::testing
