#include "sandbox/id_maps.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "support/folder.h"
#include "support/waiting_child.h"

namespace cloche {
namespace {

using testing::TemporaryFolder;
using testing::WaitingChild;
using testing::write_file;

/// A child in a user namespace of its own, and helpers that the test writes: scripts that map one id, which
/// needs no privilege.
class IdMapsByHelpers : public ::testing::Test {
 protected:
  void SetUp() override {
    if (child_.pid() < 0)
      GTEST_SKIP() << "namespaces of one's own are refused here, as they are inside a sandbox";
    uid_ = script("newuidmap", maps_uid_);
    gid_ = script("newgidmap", maps_gid_);
  }

  std::string script(const std::string& name, const std::string& text) const {
    write_file(folder_.at(name), "#!/bin/sh\n" + text);
    ::chmod(folder_.at(name).c_str(), 0755);
    return folder_.at(name);
  }
  IdentityPlan plan() const {
    IdentityPlan plan;
    plan.range = true;
    plan.newuidmap = uid_;
    plan.newgidmap = gid_;
    plan.uid_map = {{0, ::geteuid(), 1}};
    plan.gid_map = {{0, ::getegid(), 1}};
    return plan;
  }
  std::string map(const std::string& file) const {
    return read_file("/proc/" + std::to_string(child_.pid()) + "/" + file);
  }
  /// What finish() answers; empty where the ids are mapped.
  std::string refusal() const {
    try {
      IdMaps maps(child_.pid(), plan());
      maps.finish();
    } catch (const Error& error) {
      return error.what();
    }
    return {};
  }

  TemporaryFolder folder_;
  const WaitingChild child_{CLONE_NEWUSER};
  const std::string maps_uid_ = "echo $2 $3 $4 > /proc/$1/uid_map\n";
  const std::string maps_gid_ = "echo deny > /proc/$1/setgroups; echo $2 $3 $4 > /proc/$1/gid_map\n";
  std::string uid_, gid_;
};

TEST_F(IdMapsByHelpers, AreThereWhenBothHaveEnded) {
  EXPECT_EQ(refusal(), "");
  EXPECT_NE(map("uid_map").find(std::to_string(::geteuid())), std::string::npos);
  EXPECT_NE(map("gid_map").find(std::to_string(::getegid())), std::string::npos);
}

TEST_F(IdMapsByHelpers, AreNotWaitedForLongerThanUntilTheyAreThere) {
  uid_ = script("newuidmap", maps_uid_ + "echo $$ > '" + folder_.at("pid") + "'; exec sleep 1000\n");
  gid_ =
      script("newgidmap", "while ! test -s '" + folder_.at("pid") + "'; do sleep 0.01; done\n" + maps_gid_);
  EXPECT_EQ(refusal(), "");
  EXPECT_NE(::kill(std::stoi(read_file(folder_.at("pid"))), 0), 0) << "it is reaped with the maps";
}

TEST_F(IdMapsByHelpers, AreThereBeforeTheLastHelperHasEnded) {
  uid_ = script("newuidmap", maps_uid_ + "echo $$ > '" + folder_.at("pid") + "'\n");
  gid_ = script("newgidmap", "while ! test -s '" + folder_.at("pid") + "'; do sleep 0.01; done\n" +
                                 "while kill -0 $(cat '" + folder_.at("pid") +
                                 "') 2>/dev/null; do :; done\n" + maps_gid_ + "exec sleep 1000\n");
  EXPECT_EQ(refusal(), "");
  EXPECT_NE(map("gid_map"), "");
}

TEST_F(IdMapsByHelpers, TellWhatAHelperSaid) {
  gid_ = script("newgidmap", "echo no such range >&2; exit 1\n");
  EXPECT_NE(refusal().find("newgidmap failed: no such range"), std::string::npos) << refusal();
}

TEST_F(IdMapsByHelpers, TellOfAHelperThatDiesWithoutAWord) {
  uid_ = script("newuidmap", "kill -9 $$\n");
  EXPECT_NE(refusal().find("newuidmap failed: wait status 0x9"), std::string::npos) << refusal();
}

TEST_F(IdMapsByHelpers, TellOfAHelperThatCannotBeRun) {
  uid_ = folder_.at("missing");
  EXPECT_EQ(refusal(), "cannot run '" + uid_ + "': No such file or directory (ENOENT)");
}

TEST_F(IdMapsByHelpers, AreNotMadeWhereAHelperMapsNothing) {
  uid_ = script("newuidmap", "true\n");
  EXPECT_EQ(refusal(), "");  // the kernel refuses what is done without a map: pid 1 fails at its ids
  EXPECT_EQ(map("uid_map"), "");
}

TEST_F(IdMapsByHelpers, GiveAHelperNothingOfTheCallers) {
  ::setenv("LD_PRELOAD", "/nowhere", 1);
  uid_ = script("newuidmap", "cat /proc/$$/environ > '" + folder_.at("environment") +
                                 "'; readlink /proc/$$/fd/0 > '" + folder_.at("files") + "'\n" + maps_uid_);
  const std::string answer = refusal();
  ::unsetenv("LD_PRELOAD");
  EXPECT_EQ(answer, "");
  EXPECT_EQ(read_file(folder_.at("environment")), "");
  EXPECT_EQ(read_file(folder_.at("files")), "/dev/null\n");
}

}  // namespace
}  // namespace cloche
