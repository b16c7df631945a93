// cloche learn: what it writes of real commands, and what it refuses to write.
#include <gtest/gtest.h>

#include <unistd.h>

#include "project.h"

namespace cloche::testing {
namespace {

struct Learner : Project {
  TemporaryFolder other{home_folder()};
  std::string file = other.at("learned.toml");

  Ended learn(const std::vector<std::string>& words, const std::vector<std::string>& options = {}) const {
    std::vector<std::string> line = {cloche_binary(), "learn", "-o", file};
    line.insert(line.end(), options.begin(), options.end());
    line.emplace_back("--");
    line.insert(line.end(), words.begin(), words.end());
    return run({.words = line, .directory = path()});
  }
  std::string profile() const { return text_of(file); }
  bool says(const std::string& text) const { return profile().find(text) != std::string::npos; }
};

TEST(Learning, GrantsWhatWasReadWithItsEvidence) {
  const Learner learner;
  write_file(learner.other.at("data"), "text\n");
  const Ended ended = learner.learn({"cat", learner.other.at("data")});
  EXPECT_EQ(ended.status, 0) << ended;
  EXPECT_EQ(ended.out, "text\n");
  const std::string rule = "\"$HOME" + learner.other.at("data").substr(home_folder().size()) + "\",  # ";
  EXPECT_TRUE(learner.says(rule)) << learner.profile();
  EXPECT_TRUE(learner.says("here = \"none\"")) << learner.profile();
  EXPECT_TRUE(learner.says("mode = \"none\"")) << learner.profile();
}

TEST(ALearnedProfile, LetsTheSameAgainAndNothingElse) {
  const Learner learner;
  write_file(learner.other.at("data"), "text\n");
  write_file(learner.other.at("more"), "text\n");
  ASSERT_EQ(learner.learn({"cat", learner.other.at("data")}).status, 0);
  const Cloche bound{.options = {"--profile", learner.file}, .directory = learner.path()};
  EXPECT_EQ(bound.run({"cat", learner.other.at("data")}).out, "text\n")
      << bound.run({"cat", learner.other.at("data")});
  EXPECT_EQ(bound.run({"cat", learner.other.at("more")}).status, 1);
  const Ended other = bound.run({"mkfifo", "/tmp/pipe"});
  EXPECT_EQ(other.status, 1) << "a call that cat does not make: " << other;
}

TEST(Learning, SeesThatTheCurrentFolderIsWritten) {
  const Learner learner;
  ASSERT_EQ(learner.learn({"touch", "made"}).status, 0);
  EXPECT_TRUE(exists(learner.at("made")));
  EXPECT_TRUE(learner.says("here = \"rw\"")) << learner.profile();
}

TEST(Learning, ChangesNothingOutsideOfTheCurrentFolder) {
  const Learner learner;
  write_file(learner.other.at("kept"), "text\n");
  const std::string before = folder_state(learner.other.path());
  EXPECT_NE(learner.learn({"sh", "-c", "echo more >> " + learner.other.at("kept")}).status, 0);
  EXPECT_EQ(text_of(learner.other.at("kept")), "text\n");
  EXPECT_TRUE(learner.says("#- --rw ")) << learner.profile();
  ::unlink(learner.file.c_str());
  EXPECT_EQ(before, folder_state(learner.other.path()));
}

TEST(Learning, NeverGrantsASecret) {
  const Learner learner;
  const std::string secret = home_folder() + "/.mylogin.cnf";
  ASSERT_FALSE(exists(secret)) << "this test makes and removes it";
  write_file(secret, "password\n");
  const Ended ended = learner.learn({"cat", secret});
  ::unlink(secret.c_str());
  EXPECT_NE(ended.status, 0) << ended;
  EXPECT_EQ(ended.out, "");
  EXPECT_TRUE(learner.says("#- --ro ~/.mylogin.cnf  # ")) << learner.profile();
  EXPECT_FALSE(learner.says("\"$HOME/.mylogin.cnf\"")) << learner.profile();
}

TEST(Learning, AddsAFurtherRun) {
  const Learner learner;
  write_file(learner.other.at("one"), "1\n");
  write_file(learner.other.at("two"), "2\n");
  ASSERT_EQ(learner.learn({"cat", learner.other.at("one")}).status, 0);
  const Ended second = learner.learn({"cat", learner.other.at("two")}, {"--merge"});
  EXPECT_EQ(second.status, 0) << second;
  EXPECT_TRUE(learner.says("from 2 runs")) << learner.profile();
  EXPECT_TRUE(learner.says("/one\",") && learner.says("/two\",")) << learner.profile();
}

TEST(LearningOverAProfile, AddsWhatThatLacksAndExtendsIt) {
  const Learner learner;
  const std::string known = learner.other.at("known"), more = learner.other.at("more");
  const std::string base = learner.other.at("base.toml");
  write_file(known, "1\n");
  write_file(more, "2\n");
  write_file(base, "[view]\nhere = \"ro\"\nro = [\"" + known + "\"]\n");
  ASSERT_EQ(learner.learn({"cat", known}, {"--profile", base}).status, 0);
  EXPECT_TRUE(learner.says("extends = [\"" + base + "\"]")) << learner.profile();
  EXPECT_FALSE(learner.says("/known\",")) << learner.profile();
  // A further run is over the same profile, named or not, and over no other.
  ASSERT_EQ(
      learner.learn({"sh", "-c", "cat " + known + " " + more + "; echo >new; true"}, {"--merge"}).status, 0);
  EXPECT_TRUE(learner.says("/more\",")) << learner.profile();
  EXPECT_FALSE(exists(learner.at("new"))) << "the profile shows the current folder read-only";
  EXPECT_EQ(learner.learn({"true"}, {"--merge", "--profile", "strict"}).status, 125);
  const Cloche bound{.options = {"--profile", learner.file}, .directory = learner.path()};
  EXPECT_EQ(bound.run({"cat", known, more}).out, "1\n2\n") << bound.run({"cat", known, more});
}

TEST(Learning, OverwritesNothingUnasked) {
  const Learner learner;
  write_file(learner.file, "description = \"mine\"\n");
  EXPECT_EQ(learner.learn({"true"}).status, 125);
  EXPECT_EQ(learner.learn({"true"}, {"--merge"}).status, 125);
  EXPECT_EQ(learner.profile(), "description = \"mine\"\n");
  EXPECT_EQ(learner.learn({"true"}, {"--force"}).status, 0);
  EXPECT_FALSE(learner.says("mine"));
}

TEST(Learning, HasTheStatusOfItsCommand) {
  const Learner learner;
  const Ended ended = learner.learn({"sh", "-c", "exit 3"});
  EXPECT_EQ(ended.status, 3) << ended;
  EXPECT_NE(ended.err.find("was not learned"), std::string::npos) << ended;
}

}  // namespace
}  // namespace cloche::testing
