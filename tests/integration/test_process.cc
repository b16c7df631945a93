// Signals, orphans, and what is left when somebody kills cloche.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <thread>

#include "base/text.h"
#include "project.h"
#include "support/silent_bus.h"

namespace cloche::testing {
namespace {

TEST(ThePayload, IsNotPidOne) {
  const Project project;
  EXPECT_NE(project.cloche.sh("echo $$").out, "1\n");
}

TEST(ThePayload, GetsInputAndGivesOutputWhole) {
  Project project;
  for (int i = 0; i < 200000; ++i) project.cloche.input += "line\n";
  const Ended ended = project.cloche.run({"cat"});
  EXPECT_EQ(ended.status, 0);
  EXPECT_TRUE(ended.out == project.cloche.input) << ended.out.size() << " of " << project.cloche.input.size();
}

TEST(ThePayload, RunsWithClosedStandardInput) {
  const Project project;
  Command command = project.cloche.command({"echo", "fine"});
  command.stdin_closed = true;
  EXPECT_EQ(run(command).out, "fine\n");
}

TEST(ThePayload, TakesTenThousandArguments) {
  const Project project;
  std::vector<std::string> words = {"sh", "-c", "echo $# ${10000}", "sh"};
  for (int i = 1; i <= 10000; ++i) words.push_back("argument-" + std::to_string(i));
  EXPECT_EQ(project.cloche.run(words).out, "10000 argument-10000\n");
}

TEST(ThePayload, GetsItsArgumentsUnchanged) {
  const Project project;
  EXPECT_EQ(project.cloche.run({"printf", "%s|", "", " a ", "b\nc", "$HOME", "--help", "ü"}).out,
            "| a |b\nc|$HOME|--help|ü|");
}

/// The line of /proc/PID/status that begins so.
std::string status_line(const std::string& process, const std::string& name) {
  const std::string status = text_of("/proc/" + process + "/status");
  const std::size_t begin = status.find(name);
  return begin == std::string::npos ? "" : status.substr(begin, status.find('\n', begin) - begin);
}

/// "Cpus_allowed_list: 0-1".
std::string processors_of(const std::string& process) {
  return status_line(process, "Cpus_allowed_list:");
}

/// It gets ready on another processor than pid 1, and is to run on all of them again: also where its filter
/// lets it choose none.
TEST(ThePayload, MayRunWhereverItsCallerMay) {
  const std::vector<std::string> look = {"grep", "Cpus_allowed_list:", "/proc/self/status"};
  const std::string mine = processors_of("self");
  ASSERT_NE(mine, "");
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{}, {"--map", "single"}, {"--profile", "strict"}, {"--net", "host"}}) {
    const Project project(options);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(project.cloche.run(look).out, mine + "\n") << join(options, " ");
  }
  const Project project;
  Command pinned = project.cloche.command(look);
  pinned.words.insert(pinned.words.begin(), {"taskset", "-c", "0"});
  EXPECT_EQ(run(pinned).out, "Cpus_allowed_list:\t0\n");
}

/// They are kept apart until the payload runs.
TEST(ClocheAndPidOne, MayRunWhereverTheirCallerMay) {
  const std::string mine = processors_of("self");
  ASSERT_NE(mine, "");
  for (const char* map : {"range", "single"}) {
    const Project project({"--map", map});
    Running running(project.cloche.command({"sh", "-c", "echo ready; exec sleep 1000"}));
    ASSERT_TRUE(running.wait_for("ready"));
    std::vector<pid_t> all = descendants(running.pid());
    ASSERT_GE(all.size(), 2U);
    all.push_back(running.pid());
    for (const pid_t one : all) {
      const std::string process = std::to_string(one);
      for (int looks = 0; looks < 1000 && processors_of(process) != mine; ++looks)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      EXPECT_EQ(processors_of(process), mine) << text_of("/proc/" + process + "/comm");
    }
    running.signal(SIGTERM);
    running.wait();
  }
}

/// KiB of memory of its own, its stack aside.
std::size_t data_of(pid_t process) {
  const std::string name = "VmData:";
  return std::stoul(status_line(std::to_string(process), name).substr(name.size()));
}

/// KiB, by /proc/PID/maps.
std::size_t heap_by(const std::string& maps) {
  const std::size_t end = maps.find("[heap]");
  if (end == std::string::npos) return 0;
  const std::vector<std::string> range = split(maps.substr(maps.rfind('\n', end) + 1, 40), '-');
  return (std::stoul(range.at(1), nullptr, 16) - std::stoul(range.at(0), nullptr, 16)) / 1024;
}

TEST(PidOne, HasNoneOfClochesHeap) {
  const Project project({"--map", "single"});
  Running running(project.cloche.command({"sh", "-c", "echo ready; exec sleep 1000"}));
  ASSERT_TRUE(running.wait_for("ready"));
  const std::string maps = text_of("/proc/" + std::to_string(running.pid()) + "/maps");
  std::size_t most = data_of(running.pid());
  // All but the thread's block that libc begins it with; what is linked dynamically keeps it, to bind by.
  if (maps.find("/libc.so") == std::string::npos) {
    ASSERT_GT(heap_by(maps), 64U);
    most += 2UL * ::getpagesize() / 1024 - heap_by(maps);
  }
  int found = 0;
  for (const pid_t one : descendants(running.pid())) {
    if (text_of("/proc/" + std::to_string(one) + "/comm") != "cloche-init\n") continue;
    ++found;
    EXPECT_LE(data_of(one), most);
  }
  EXPECT_EQ(found, 1);
}

class AForwardedSignal : public ::testing::TestWithParam<int> {};

TEST_P(AForwardedSignal, ReachesThePayload) {
  const Project project;
  // bash runs a trap at once while it waits, and before it starts to if the signal came earlier.
  const std::string number = std::to_string(GetParam());
  Running running(project.cloche.command(
      {"bash", "-c", "trap 'echo caught; exit 9' " + number + "; sleep 1000 & echo ready; wait; exit 1"}));
  ASSERT_TRUE(running.wait_for("ready"));
  running.signal(GetParam());
  const Ended ended = running.wait();
  EXPECT_EQ(ended.status, 9) << ended;
  EXPECT_NE(ended.out.find("caught"), std::string::npos) << ended;
  EXPECT_EQ(left_behind(), "");
}

INSTANTIATE_TEST_SUITE_P(Process, AForwardedSignal,
                         ::testing::Values(SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH));

TEST(ASignal, ThatThePayloadDoesNotCatchEndsIt) {
  const Project project;
  Running running(project.cloche.command({"sh", "-c", "echo ready; exec sleep 1000"}));
  ASSERT_TRUE(running.wait_for("ready"));
  running.signal(SIGTERM);
  EXPECT_EQ(running.wait().status, 128 + SIGTERM);
}

TEST(AnOrphan, IsReaped) {
  const Project project;
  const Ended ended = project.cloche.sh(
      "sh -c 'sh -c \"exit 0\" & exit 0'; i=0;"
      "while grep -l 'State:.Z' /proc/[0-9]*/status 2>/dev/null >&2; do i=$((i+1)); [ $i -lt 300 ] || exit "
      "1; sleep 0.1; done");
  EXPECT_EQ(ended.status, 0) << ended;
}

TEST(ARun, EndsWithThePayloadAndTakesItsChildrenAlong) {
  const Project project;
  const Ended ended =
      project.cloche.sh("sleep 1000 & setsid sleep 1000 & (trap '' TERM HUP; sleep 1000) & echo done");
  EXPECT_EQ(ended.status, 0) << ended;
  EXPECT_FALSE(ended.timed_out);
  EXPECT_EQ(left_behind(), "");
}

TEST(ARun, ThatForksWithoutEndLeavesNothing) {
  // Bounded by the number of rounds; each starts processes that outlive their parents.
  const Project project;
  const Ended ended =
      project.cloche.sh("i=0; while [ $i -lt 200 ]; do (setsid sleep 1000 &); i=$((i+1)); done");
  EXPECT_EQ(ended.status, 0) << ended;
  EXPECT_EQ(left_behind(), "");
}

TEST(AKilledCloche, LeavesNoProcess) {
  const Project project;
  Running running(
      project.cloche.command({"sh", "-c", "sleep 1000 & setsid sleep 1000 & echo ready; exec sleep 1000"}));
  ASSERT_TRUE(running.wait_for("ready"));
  running.signal(SIGKILL);
  EXPECT_EQ(running.wait().status, 128 + SIGKILL);
  EXPECT_EQ(left_behind(), "");
}

TEST(AKilledCloche, LeavesNoProcessWhateverItWasJustDoing) {
  const Project project;
  for (int step = 0; step < 40; ++step) {
    Running running(project.cloche.command({"sleep", "1000"}));
    std::this_thread::sleep_for(std::chrono::microseconds(400 * step));
    running.signal(SIGKILL);
    running.wait();
    ASSERT_EQ(left_behind(), "") << "killed after " << 400 * step << " microseconds";
  }
}

TEST(AKilledInit, EndsTheRunAsAFailure) {
  const Project project;
  Running running(project.cloche.command({"sh", "-c", "echo ready; exec sleep 1000"}));
  ASSERT_TRUE(running.wait_for("ready"));
  pid_t init = -1;
  for (const pid_t below : descendants(running.pid()))
    if (text_of("/proc/" + std::to_string(below) + "/comm") == "cloche-init\n") init = below;
  ASSERT_GT(init, 0);
  ::kill(init, SIGKILL);
  const Ended ended = running.wait();
  EXPECT_NE(ended.status, 0) << ended;
  EXPECT_FALSE(ended.timed_out);
  EXPECT_EQ(left_behind(), "");
}

TEST(TwoHundredRuns, InAWorkingFolderOfTheirOwnLeaveNothing) {
  const Project project;
  const std::string before = folder_state(project.path());
  const HostState host = host_state();
  for (int i = 0; i < 200; ++i) ASSERT_EQ(project.cloche.run({"true"}).status, 0);
  EXPECT_EQ(before, folder_state(project.path()));
  EXPECT_EQ(host, host_state());
  EXPECT_EQ(left_behind(), "");
}

TEST(AReaderThatGoesAway, EndsAnEndlessWriter) {
  const Project project;
  const Ended ended =
      run({.words = {"sh", "-c", "\"$@\" | head -n 3", "sh", cloche_binary(), "run", "--", "yes"},
           .directory = project.path()});
  EXPECT_EQ(ended.out, "y\ny\ny\n");
  EXPECT_FALSE(ended.timed_out);
  EXPECT_EQ(left_behind(), "");
}

struct ARunThatWaitsForSystemd : ::testing::Test {
  explicit ARunThatWaitsForSystemd(std::vector<std::string> options = {}) : project(std::move(options)) {
    Command command = project.cloche.command({"echo", "ran"});
    command.variables = bus.variables();
    running.emplace(command);
    caller = bus.accept();
  }

  const SilentBus bus;
  const Project project;
  std::optional<Running> running;
  Fd caller;
};

TEST_F(ARunThatWaitsForSystemd, EndsByASignalAsItsCommandWould) {
  running->signal(SIGINT);
  const Ended ended = running->wait();
  EXPECT_EQ(ended.status, 128 + SIGINT) << ended;
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(ended.err.find("could not be set up"), std::string::npos) << ended;
  EXPECT_EQ(left_behind(), "");
}

struct ALimitThatWaitsForSystemd : ARunThatWaitsForSystemd {
  ALimitThatWaitsForSystemd() : ARunThatWaitsForSystemd({"--tasks", "10"}) {}
};

// As after ^Z, or a machine's sleep: the patience of 30 s is over, but there is an answer to be read.
TEST_F(ALimitThatWaitsForSystemd, IsRefusedForAnAnswerThatCameWhileTheRunWasStopped) {
  char asked[4096];
  ASSERT_GT(::read(caller.get(), asked, sizeof asked), 0);
  running->signal(SIGSTOP);
  caller.reset();  // the bus has gone
  std::this_thread::sleep_for(std::chrono::seconds(31));
  running->signal(SIGCONT);
  const Ended ended = running->wait();
  EXPECT_EQ(ended.status, 125) << ended;
  EXPECT_NE(ended.err.find("Connection terminated"), std::string::npos) << ended;
  EXPECT_EQ(left_behind(), "");
}

struct ARunWithATimeThatWaitsForSystemd : ARunThatWaitsForSystemd {
  ARunWithATimeThatWaitsForSystemd() : ARunThatWaitsForSystemd({"--timeout", "500ms"}) {}
};

TEST_F(ARunWithATimeThatWaitsForSystemd, EndsWhenItIsOver) {
  const Ended ended = running->wait();
  EXPECT_EQ(ended.status, 124) << ended;
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(left_behind(), "");
}

}  // namespace
}  // namespace cloche::testing
