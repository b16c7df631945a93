// Hosts that lack something: each is made by a second sandbox around cloche, and each has its own sentence
// with the remedy, or a degradation that says the same.
#include <gtest/gtest.h>

#include "base/text.h"
#include "project.h"

namespace cloche::testing {
namespace {

/// cloche on a host whose files are changed by bubblewrap's options.
Command on_host(const std::vector<std::string>& changes, const Command& cloche) {
  Command result = cloche;
  std::vector<std::string> words = {"bwrap", "--dev-bind", "/", "/"};
  words.insert(words.end(), changes.begin(), changes.end());
  words.push_back("--");
  words.insert(words.end(), cloche.words.begin(), cloche.words.end());
  result.words = words;
  return result;
}

bool says(const Ended& ended, const std::string& word) {
  return ended.err.find(word) != std::string::npos;
}

class AHostWithoutNamespaces : public ::testing::TestWithParam<std::string> {};

TEST_P(AHostWithoutNamespaces, IsNamedWithItsSwitch) {
  const std::string file = "max_" + GetParam() + "_namespaces";
  for (const std::vector<std::string>& options : {std::vector<std::string>{}, {"--map", "single"}}) {
    const Project project(options);
    Command command = project.cloche.command({"true"});
    command.words.insert(command.words.begin(), {"unshare", "--user", "--map-root-user", "sh", "-c",
                                                 "echo 0 > /proc/sys/user/" + file + "; exec \"$@\"", "sh"});
    const Ended ended = run(command);
    EXPECT_EQ(ended.status, 125) << ended;
    EXPECT_TRUE(says(ended, "this host allows no " + GetParam() + " namespaces")) << ended;
    EXPECT_TRUE(says(ended, "sysctl -w user." + file)) << ended;
    EXPECT_EQ(left_behind(), "");
  }
}

INSTANTIATE_TEST_SUITE_P(Obstacles, AHostWithoutNamespaces,
                         ::testing::Values("user", "mnt", "pid", "ipc", "uts", "net"));

TEST(AHostWithoutTheHelper, GivesASingleIdAndSaysSo) {
  const Project project({"--report", "report.json"});
  const Ended ended =
      run(on_host({"--ro-bind", "/dev/null", "/usr/bin/newuidmap"}, project.cloche.command({"id", "-u"})));
  EXPECT_EQ(ended.status, 0) << ended;
  const Json report(text_of(project.at("report.json")));
  bool named = false;
  for (std::size_t i = 0; i < report.size("/degraded"); ++i) {
    named = named || report.text("/degraded/" + std::to_string(i) + "/feature") == "id-range";
  }
  EXPECT_TRUE(named) << report.dump();
}

TEST(AHostWithoutTheHelper, RefusesARangeThatWasAskedFor) {
  const Project project({"--map", "range"});
  const Ended ended =
      run(on_host({"--ro-bind", "/dev/null", "/usr/bin/newuidmap"}, project.cloche.command({"true"})));
  EXPECT_EQ(ended.status, 125) << ended;
  EXPECT_TRUE(says(ended, "newuidmap")) << ended;
}

TEST(AHostWithAMaskedProc, IsToldFromAllOthers) {
  // As in a container: something is mounted over a part of /proc, so that the kernel gives no fresh one.
  const Project project;
  const Ended ended = run(on_host({"--tmpfs", "/proc/irq", "--ro-bind", "/dev/null", "/proc/timer_list"},
                                  project.cloche.command({"true"})));
  EXPECT_EQ(ended.status, 125) << ended;
  EXPECT_TRUE(says(ended, "/proc")) << ended;
}

TEST(AHostWithoutAHomeFolder, StillRuns) {
  const Project project;
  const Ended ended = run(on_host({"--tmpfs", home_folder(), "--bind", project.path(), project.path(),
                                   "--ro-bind", cloche_binary(), cloche_binary()},
                                  project.cloche.command({"pwd"})));
  EXPECT_EQ(ended.status, 0) << ended;
}

TEST(AnObstacle, IsSaidInOneSentenceWithoutARunningPayload) {
  const Project project({"--map", "range"});
  const Ended ended = run(
      on_host({"--ro-bind", "/dev/null", "/usr/bin/newuidmap"}, project.cloche.command({"touch", "made"})));
  EXPECT_FALSE(exists(project.at("made")));
  EXPECT_LE(split(std::string(trim(ended.err)), '\n').size(), 2u) << ended;
}

}  // namespace
}  // namespace cloche::testing
