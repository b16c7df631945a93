#include "sandbox/doors.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/error.h"
#include "support/waiting_child.h"

namespace cloche {
namespace {

/// A child in namespaces of its own, this process being the one that holds their doors.
class DoorsOfAChild : public ::testing::Test {
 protected:
  void SetUp() override {
    if (child_.pid() < 0)
      GTEST_SKIP() << "namespaces of one's own are refused here, as they are inside a sandbox";
    doors_.emplace(child_.pid(), true);
  }
  RunningSandbox sandbox(const std::string& entry) const {
    return {.name = "child",
            .supervisor = ::getpid(),
            .init = child_.pid(),
            .init_started = start_time(child_.pid()),
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

  const testing::WaitingChild child_{CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC |
                                     CLONE_NEWUTS | CLONE_NEWNET};
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
  const Doors shared(child_.pid(), false);
  EXPECT_EQ(open_doors(sandbox(shared.note(filter_))).list.size(), 5u);
}

TEST_F(DoorsOfAChild, ThatSharesANetworkWhichIsNotTheCallersAreRefused) {
  const Doors shared(child_.pid(), false);
  std::string note = shared.note(filter_);
  const size_t at = note.find("\"shared_net\":") + 13;
  note.insert(at, "1");
  EXPECT_NE(refusal(note).find("shares a network"), std::string::npos);
}

TEST_F(DoorsOfAChild, LeadNoLongerInOnceTheMountsAreLetGo) {
  const std::string note = doors_->note(filter_);
  doors_->close_mounts();
  EXPECT_NE(refusal(note).find("its mnt namespace"), std::string::npos);
}

TEST_F(DoorsOfAChild, AreRefusedAfterItsEnd) {
  const std::string note = doors_->note(filter_);
  ::kill(child_.pid(), SIGKILL);
  siginfo_t info;
  ::waitid(P_PID, static_cast<id_t>(child_.pid()), &info, WEXITED | WNOWAIT);
  EXPECT_NE(refusal(note).find("ended"), std::string::npos);
}

}  // namespace
}  // namespace cloche
