// cloche run --explain: what it says of real failures, and that an observed run is like any other.
#include <gtest/gtest.h>
#include <signal.h>

#include "project.h"

namespace cloche::testing {
namespace {

struct Explained : Project {
  explicit Explained(std::vector<std::string> options = {})
      : Project([&] {
          options.emplace_back("--explain");
          return options;
        }()) {}
};

std::string last_line(const std::string& text) {
  const std::string lines = text.substr(0, text.find_last_not_of('\n') + 1);
  return lines.substr(lines.rfind('\n') + 1);
}

TEST(AnExplainedRun, EndsWithTheOptionThatShowsTheHiddenFile) {
  const Explained project;
  const TemporaryFolder other(home_folder());
  write_file(other.at("key"), "secret\n");
  const Reported seen = project.cloche.reported({"cat", other.at("key")});
  EXPECT_EQ(seen.ended.status, 1) << seen.ended;
  const std::string remedy = seen.report.text("/explained/0/remedy");
  EXPECT_TRUE(remedy.starts_with("--ro ~/")) << seen.report.dump();
  EXPECT_NE(last_line(seen.ended.err).find(remedy), std::string::npos) << seen.ended;
  EXPECT_EQ(seen.report.text("/explained/0/layer"), "hidden-path");
  EXPECT_EQ(seen.report.text("/explained/0/process"), "cat");
  const Explained mended({"--ro", other.at("key")});
  EXPECT_EQ(mended.cloche.run({"cat", other.at("key")}).out, "secret\n");
}

TEST(AnExplainedRun, NamesTheFolderToShareWritable) {
  const TemporaryFolder other(home_folder());
  const Explained project({"--ro", other.path()});
  const Reported seen = project.cloche.reported({"touch", other.at("new")});
  EXPECT_EQ(seen.report.text("/explained/0/layer"), "read-only-mount") << seen.ended << seen.report.dump();
  EXPECT_TRUE(seen.report.text("/explained/0/remedy").starts_with("--rw ")) << seen.report.dump();
}

TEST(AnExplainedRun, LeavesOutWhatFailsOutsideToo) {
  const Explained project;
  const Reported seen = project.cloche.reported({"cat", "/nowhere/at/all", project.at("missing")});
  EXPECT_EQ(seen.ended.status, 1);
  EXPECT_EQ(seen.report.size("/explained"), 0u) << seen.report.dump();
}

TEST(AnExplainedRun, NamesTheNetworkForAConnectionOut) {
  const Explained project;
  const Reported seen = project.cloche.reported({"bash", "-c", "exec 3<>/dev/tcp/192.0.2.1/80"});
  EXPECT_EQ(seen.report.text("/explained/0/layer"), "network") << seen.ended << seen.report.dump();
  EXPECT_EQ(seen.report.text("/explained/0/remedy"), "--net host");
}

TEST(AnExplainedRun, SaysThatNothingWasTheSandboxsDoing) {
  const Explained project;
  const Ended ended = project.cloche.run({"true"});
  EXPECT_EQ(ended.status, 0) << ended;
  EXPECT_NE(ended.err.find("no failure was the sandbox's doing"), std::string::npos) << ended;
}

TEST(AnExplainedRun, ThatIsNotAskedForIsNullInTheReport) {
  const Project project;
  EXPECT_TRUE(project.cloche.reported({"true"}).report.is_null("/explained"));
}

TEST(AnObservedCommand, EndsAsAnyOther) {
  const Explained project;
  EXPECT_EQ(project.cloche.sh("exit 7").status, 7);
  for (const int signal : {SIGTERM, SIGKILL, SIGSEGV})
    EXPECT_EQ(project.cloche.sh("kill -" + std::to_string(signal) + " $$").status, 128 + signal);
  EXPECT_EQ(project.cloche.run({"no-such-command-anywhere"}).status, 127);
  EXPECT_EQ(project.cloche.run({"/usr"}).status, 126);
  const Explained short_lived({"--timeout", "500ms"});
  EXPECT_EQ(short_lived.cloche.run({"sleep", "1000"}).status, 124);
  EXPECT_EQ(left_behind(), "");
}

TEST(AnObservedProcess, StaysStoppedUntilItIsContinued) {
  const Explained project;
  const Ended ended = project.cloche.sh(
      // The kernel hands out TERM before STOP where both wait: it has to be stopped first.
      "sleep 1000 & p=$!; kill -STOP $p; sleep 0.3; kill -TERM $p; sleep 0.3; kill -0 $p && echo held; "
      "kill -CONT $p; wait $p; echo $?");
  EXPECT_EQ(ended.out, "held\n143\n") << ended;
}

TEST(AnObservedProcess, HandlesItsSignals) {
  const Explained project;
  const Ended ended = project.cloche.sh("trap 'echo caught' USR1; kill -USR1 $$; echo after");
  EXPECT_EQ(ended.out, "caught\nafter\n") << ended;
}

TEST(AnObservedProcess, MayHaveThreadsThatExecute) {
  const Explained project;
  const Ended ended = project.cloche.run(
      {"python3", "-c",
       "import os, threading\n"
       "for i in range(4): threading.Thread(target=lambda: [os.stat('/usr') for j in range(500)]).start()\n"
       "t = threading.Thread(target=lambda: os.execv('/bin/echo', ['echo', 'executed']))\n"
       "t.start(); t.join()"});
  EXPECT_EQ(ended.status, 0) << ended;
  EXPECT_EQ(ended.out, "executed\n");
}

TEST(AnObservedProcess, IsStillBoundByThePolicy) {
  const Explained project;
  const Ended ended = project.cloche.run({"python3", "-c",
                                          "import ctypes, os\n"
                                          "c = ctypes.CDLL(None, use_errno=True)\n"
                                          "c.prctl(4, 0, 0, 0, 0)\n"                           // not dumpable
                                          "print(c.ptrace(0, 0, 0, 0), ctypes.get_errno())\n"  // TRACEME
                                          "print(c.unshare(0x10000000), ctypes.get_errno())\n"
                                          "print(os.path.exists('/usr'))\n"});
  EXPECT_EQ(ended.out, "-1 1\n-1 1\nTrue\n") << ended;
}

TEST(AnObservedProcess, ThatIsBornUntracedCanNameNothing) {
  const Explained project;
  const Ended ended =
      project.cloche.run({"python3", "-c",
                          "import ctypes, os, platform\n"
                          "c = ctypes.CDLL(None, use_errno=True)\n"
                          "clone = {'x86_64': 56, 'aarch64': 220}[platform.machine()]\n"
                          "pid = c.syscall(clone, 0x00800000 | 17, 0, 0, 0, 0)\n"  // CLONE_UNTRACED
                          "if pid == 0:\n"
                          "  try: os.open('/etc/passwd', 0); os._exit(1)\n"
                          "  except OSError as error: os._exit(error.errno)\n"
                          "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"});
  EXPECT_EQ(ended.out, std::to_string(ENOSYS) + "\n") << ended;
}

TEST(AnObservedRun, LeavesNothingWhenClocheIsKilled) {
  const Explained project;
  Running running(project.cloche.command(
      {"sh", "-c", "sleep 1000 & echo started; while :; do ls /usr >/dev/null; done"}));
  ASSERT_TRUE(running.wait_for("started"));
  running.signal(SIGKILL);
  EXPECT_EQ(running.wait().status, 128 + SIGKILL);
  EXPECT_EQ(left_behind(), "");
}

}  // namespace
}  // namespace cloche::testing
