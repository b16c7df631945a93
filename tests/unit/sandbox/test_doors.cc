#include "sandbox/doors.h"

#include <gtest/gtest.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/error.h"

namespace cloche {
namespace {

/// A child in namespaces of its own, this process being the one that holds their doors.
class DoorsOfAChild : public ::testing::Test {
 protected:
  void SetUp() override {
    clone_args arguments{};
    arguments.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET;
    arguments.exit_signal = SIGCHLD;
    child_ = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
    if (child_ < 0) GTEST_SKIP() << "namespaces of one's own are refused here, as they are inside a sandbox";
    if (child_ == 0) {
      ::pause();
      ::_exit(0);
    }
    doors_.emplace(child_, true);
  }
  void TearDown() override {
    if (child_ < 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  RunningSandbox sandbox(const std::string& entry) const {
    return {.name = "child",
            .supervisor = ::getpid(),
            .init = child_,
            .init_started = start_time(child_),
            .entry = entry};
  }
  /// What open_doors() answers; empty where it opens them.
  std::string refusal(const std::string& entry) const {
    try {
      open_doors(sandbox(entry));
    } catch (const Error& error) {
      return error.what();
    }
    return {};
  }
  /// The note with `from` replaced once by `to`.
  std::string forged(const std::string& from, const std::string& to) const {
    std::string note = doors_->note(filter_);
    const size_t at = note.find(from);
    EXPECT_NE(at, std::string::npos);
    return note.replace(at, from.size(), to);
  }
  /// The note's part of a namespace.
  std::string part(const std::string& name) const {
    const std::string note = doors_->note(filter_);
    const size_t at = note.find("\"" + name + "\":{");
    return note.substr(at, note.find('}', at) - at + 1);
  }

  pid_t child_ = -1;
  std::optional<Doors> doors_;
  const std::vector<sock_filter> filter_ = {{0x20, 1, 2, 0xfedcba98}, {6, 0, 0, 0x7fff0000}};
};

TEST_F(DoorsOfAChild, AreOpenedAgainInTheOrderOfEntering) {
  const OpenDoors open = open_doors(sandbox(doors_->note(filter_)));
  ASSERT_EQ(open.list.size(), 6u);
  EXPECT_EQ(open.list.front().kind, CLONE_NEWUSER);
  EXPECT_EQ(open.list.back().kind, CLONE_NEWNS);
  ASSERT_EQ(open.filter.size(), 2u);
  EXPECT_EQ(open.filter[0].k, 0xfedcba98u);
  EXPECT_EQ(open.filter[0].jf, 2);
  EXPECT_FALSE(open.inherited.empty());
}

TEST_F(DoorsOfAChild, AreRefusedWhenTheNoteNamesAnotherNamespace) {
  EXPECT_NE(refusal(forged("\"inode\":", "\"inode\":1")).find("not the one that was noted"),
            std::string::npos);
}

TEST_F(DoorsOfAChild, AreRefusedWhenTheNoteLeadsToTheHost) {
  const Doors host(::getpid(), true);
  EXPECT_NE(refusal(host.note(filter_)).find("no user namespace of its own"), std::string::npos);
}

TEST_F(DoorsOfAChild, AreRefusedWhenOneOfThemIsTheHosts) {
  const Doors host(::getpid(), true);
  const std::string note = host.note(filter_);
  for (const char* name : {"mnt", "pid", "ipc", "uts", "net"}) {
    const size_t at = note.find("\"" + std::string(name) + "\":{");
    const std::string hosts = note.substr(at, note.find('}', at) - at + 1);
    EXPECT_NE(refusal(forged(part(name), hosts)).find("belongs to another"), std::string::npos) << name;
  }
}

TEST_F(DoorsOfAChild, AreRefusedWhenTheNoteIsNotWhole) {
  EXPECT_NE(refusal(""), "");
  EXPECT_NE(refusal("{}"), "");
  EXPECT_NE(refusal(forged("\"filter\"", "\"filtre\"")), "");
  EXPECT_NE(refusal(forged("\"made_by\":\"", "\"made_by\":\"0.")).find("another version"), std::string::npos);
}

TEST_F(DoorsOfAChild, ThatSharesTheNetworkLeaveItAsItIs) {
  const Doors shared(child_, false);
  EXPECT_EQ(open_doors(sandbox(shared.note(filter_))).list.size(), 5u);
}

TEST_F(DoorsOfAChild, ThatSharesANetworkWhichIsNotTheCallersAreRefused) {
  const Doors shared(child_, false);
  std::string note = shared.note(filter_);
  const size_t at = note.find("\"shared_net\":") + 13;
  note.insert(at, "1");
  EXPECT_NE(refusal(note).find("shares a network"), std::string::npos);
}

TEST_F(DoorsOfAChild, AreRefusedAfterItsEnd) {
  const std::string note = doors_->note(filter_);
  ::kill(child_, SIGKILL);
  siginfo_t info;
  ::waitid(P_PID, static_cast<id_t>(child_), &info, WEXITED | WNOWAIT);
  EXPECT_NE(refusal(note).find("ended"), std::string::npos);
}

}  // namespace
}  // namespace cloche
