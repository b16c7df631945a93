// What of the caller's surroundings gets in: variables, descriptors, limits.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/text.h"
#include "project.h"

namespace cloche::testing {
namespace {

TEST(TheEnvironment, KeepsSecretsOut) {
  Project project;
  project.cloche.variables = {"AWS_SECRET_ACCESS_KEY=hidden-1",
                              "GITHUB_TOKEN=hidden-2",
                              "SSH_AUTH_SOCK=/tmp/hidden-3",
                              "LD_PRELOAD_PATH=hidden-4",
                              "DBUS_SESSION_BUS_ADDRESS=unix:path=/hidden-5",
                              "XDG_RUNTIME_DIR=/tmp",
                              "MY_SETTING=hidden-6"};
  const Ended ended = project.cloche.run({"env"});
  EXPECT_EQ(ended.status, 0) << ended;
  EXPECT_EQ(ended.out.find("hidden"), std::string::npos) << ended;
  EXPECT_EQ(ended.out.find("SSH_AUTH_SOCK"), std::string::npos) << ended;
}

TEST(TheEnvironment, HasWhatProgramsNeed) {
  Project project;
  project.cloche.variables = {"TERM=vt100", "LANG=C.UTF-8"};
  const Ended ended = project.cloche.sh("cd && pwd -P && command -v ls && echo $USER $TERM $LANG");
  EXPECT_EQ(ended.status, 0) << ended;
  EXPECT_NE(ended.out.find(home_folder()), std::string::npos) << ended;
  EXPECT_NE(ended.out.find(user_name() + " vt100 C.UTF-8"), std::string::npos) << ended;
}

TEST(TheEnvironment, TakesWhatIsNamed) {
  Project project({"--env", "ONE=first value", "--env", "TWO", "--pass-env", "BUILD_*"});
  project.cloche.variables = {"TWO=second", "BUILD_A=third", "BUILD_B=fourth", "OTHER=fifth"};
  const Ended ended = project.cloche.sh("echo \"$ONE/$TWO/$BUILD_A/$BUILD_B/$OTHER\"");
  EXPECT_EQ(ended.out, "first value/second/third/fourth/\n") << ended;
}

TEST(TheEnvironment, OfClocheItselfDoesNotReachThePayloadsPidOne) {
  Project project;
  project.cloche.variables = {"GITHUB_TOKEN=hidden"};
  const Ended ended = project.cloche.sh("cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c hidden");
  EXPECT_EQ(trim(ended.out), "0") << ended;
}

TEST(ADescriptor, GetsInOnlyWhenNamed) {
  const TemporaryFolder outside;
  write_file(outside.at("given"), "by number\n");
  const Fd fd = open_at(AT_FDCWD, outside.at("given"), O_RDONLY);
  Project project;
  project.cloche.fds = {{fd.get(), 7}};
  const Ended closed = project.cloche.sh("cat <&7");
  EXPECT_NE(closed.status, 0) << closed;
  project.cloche.options = {"--fd", "7"};
  EXPECT_EQ(project.cloche.sh("cat <&7").out, "by number\n");
}

TEST(ADescriptor, ThatIsNotOpenIsAnError) {
  const Project project({"--fd", "77"});
  const Ended ended = project.cloche.run({"true"});
  EXPECT_EQ(ended.status, 125) << ended;
  EXPECT_NE(ended.err.find("77"), std::string::npos) << ended;
}

TEST(AResourceLimit, HoldsInside) {
  const Project project({"--rlimit", "nofile=64", "--rlimit", "core=0"});
  EXPECT_EQ(project.cloche.sh("ulimit -n; ulimit -c").out, "64\n0\n");
}

TEST(AResourceLimit, AboveTheCallersIsRefusedByName) {
  rlimit now{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &now), 0);
  const Project project({"--rlimit", "nofile=" + std::to_string(now.rlim_max + 1)});
  const Ended ended = project.cloche.run({"true"});
  EXPECT_EQ(ended.status, 125) << ended;
  EXPECT_NE(ended.err.find("nofile"), std::string::npos) << ended;
}

TEST(TheHostName, IsTheSandboxsOwn) {
  const Project project({"--hostname", "greenhouse"});
  EXPECT_EQ(project.cloche.run({"uname", "-n"}).out, "greenhouse\n");
}

TEST(TheNetwork, IsTheLoopbackInterfaceAlone) {
  const Project project;
  const Ended ended = project.cloche.sh("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '");
  EXPECT_EQ(ended.out, "lo\n") << ended;
  // Up: a closed port refuses, where a dead interface would be unreachable.
  const Ended refused = project.cloche.run({"bash", "-c", "LC_ALL=C; : </dev/tcp/127.0.0.1/9"});
  EXPECT_NE(refused.err.find("refused"), std::string::npos) << refused;
}

TEST(TheNetwork, IsTheHostsWhenAskedFor) {
  const Project project({"--net", "host"});
  const Ended inside = project.cloche.sh("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | sort");
  const Ended outside =
      run({.words = {"sh", "-c", "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | sort"}});
  EXPECT_EQ(inside.out, outside.out) << inside;
}

}  // namespace
}  // namespace cloche::testing
