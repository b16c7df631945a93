// Who the payload is, inside and outside.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "project.h"

namespace cloche::testing {
namespace {

const std::string kWho = "echo $(id -u) $(id -g)";

std::string ids(unsigned uid, unsigned gid) {
  return std::to_string(uid) + " " + std::to_string(gid) + "\n";
}

/// A file made in the sandbox belongs to the caller on the host.
void expect_own_file(const Project& project) {
  ASSERT_EQ(project.cloche.sh("umask 022; echo text > made").status, 0);
  struct stat made;
  ASSERT_EQ(::stat(project.at("made").c_str(), &made), 0);
  EXPECT_EQ(made.st_uid, ::getuid());
  EXPECT_EQ(made.st_gid, ::getgid());
  EXPECT_EQ(made.st_mode & 07777, 0644u);
}

TEST(TheIdentity, IsTheCallersOwnByDefault) {
  const Project project;
  EXPECT_EQ(project.cloche.sh(kWho).out, ids(::getuid(), ::getgid()));
  EXPECT_EQ(project.cloche.run({"id", "-un"}).out, user_name() + "\n");
  expect_own_file(project);
}

TEST(TheIdentity, CanBeRootInsideAndTheCallerOutside) {
  const Project project({"--as", "root"});
  EXPECT_EQ(project.cloche.sh(kWho).out, ids(0, 0));
  expect_own_file(project);
}

TEST(TheIdentity, CanBeRootInsideWithASingleId) {
  const Project project({"--as", "root", "--map", "single"});
  EXPECT_EQ(project.cloche.sh(kWho).out, ids(0, 0));
  expect_own_file(project);
}

TEST(TheIdentity, CanBeAnyNumber) {
  const Project project({"--as", "1234:2345"});
  EXPECT_EQ(project.cloche.sh(kWho).out, ids(1234, 2345));
}

TEST(TheIdentity, OfASingleMapIsOneIdAlone) {
  const Project project({"--map", "single"});
  EXPECT_EQ(project.cloche.sh(kWho).out, ids(::getuid(), ::getgid()));
  const Ended map = project.cloche.sh("wc -l < /proc/self/uid_map; awk '{print $3}' /proc/self/uid_map");
  EXPECT_EQ(map.out, "1\n1\n") << map;
  expect_own_file(project);
}

TEST(TheIdentity, OfARangeHasManyIds) {
  const Project project({"--map", "range", "--as", "root"});
  const Ended ended = project.cloche.sh("awk '{n += $3} END {print (n > 1000)}' /proc/self/uid_map");
  EXPECT_EQ(ended.out, "1\n") << ended;
  // Package tools give files to other users; outside they belong to the caller's subordinate ids.
  const Ended given = project.cloche.sh("touch given && chown 1:1 given && stat -c %u given");
  EXPECT_EQ(given.out, "1\n") << given;
  struct stat made;
  ASSERT_EQ(::stat(project.at("given").c_str(), &made), 0);
  EXPECT_NE(made.st_uid, ::getuid());
  EXPECT_GT(made.st_uid, 1000u);
  project.cloche.sh("rm given");
}

TEST(TheIdentity, HasNoGroupsThatTheCallerDidNotHave) {
  const Project project;
  const Ended ended = project.cloche.sh("sed -n 's/^Groups:[[:space:]]*//p' /proc/self/status");
  EXPECT_EQ(ended.status, 0);
  for (const std::string& group : split(std::string(trim(ended.out)), ' ')) {
    if (group.empty()) continue;
    EXPECT_TRUE(group == std::to_string(::getgid()) || group == "65534") << "group " << group;
  }
}

TEST(TheIdentity, OfTheSystemsFilesIsReadable) {
  const Project project;
  EXPECT_EQ(project.cloche.sh("getent passwd root >/dev/null && ls -l / >/dev/null && echo fine").out,
            "fine\n");
}

}  // namespace
}  // namespace cloche::testing
