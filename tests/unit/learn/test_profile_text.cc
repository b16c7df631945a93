#include "learn/profile_text.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace cloche {
namespace {

Learned sample() {
  Learned learned;
  learned.description = "What make \"all\" did";
  learned.extends = {"rust", "/srv/$x/base.toml"};
  learned.here = "rw";
  learned.ro = {{"$HOME/.gitconfig", {3, "git", ""}}, {"/srv/a \"b\"\n,  # 9, x", {1, "cc1plus: x", ""}}};
  learned.not_granted = {{"--ro ~/.netrc", {2, "curl", "it is a secret"}}};
  learned.calls = {{"openat", {812, "cc1", ""}}, {"connect", {1, "git", ""}}, {"clone", {4, "make", ""}}};
  learned.network = true;
  learned.tcp_connect = {{"443", {2, "git", ""}}};
  learned.memory_peak = 502 << 20;
  learned.tasks_peak = 12;
  return learned;
}

std::string written(const Learned& learned) {
  return profile_text(learned, default_policy({}));
}

TEST(ALearnedProfile, IsReadBackAsItWas) {
  Learned read = read_learned(written(sample()), "p.toml");
  Learned expected = sample();
  EXPECT_EQ(read.ro.size(), expected.ro.size());
  for (const auto& [path, seen] : expected.ro) EXPECT_TRUE(read.ro.contains(path)) << path;
  EXPECT_EQ(read.calls, expected.calls);
  EXPECT_EQ(read.not_granted, expected.not_granted);
  EXPECT_EQ(read.tcp_connect, expected.tcp_connect);
  EXPECT_EQ(read.memory_peak, expected.memory_peak);
  EXPECT_EQ(read.tasks_peak, expected.tasks_peak);
  EXPECT_EQ(read.extends, expected.extends);
  EXPECT_NE(written(expected).find("extends = [\"rust\", \"/srv/$$x/base.toml\"]"), std::string::npos);
  EXPECT_EQ(read.here, "rw");
  EXPECT_EQ(read.description, expected.description);
  EXPECT_EQ(written(read), written(expected));
}

TEST(ALearnedProfile, RefusesTheCallsThatWereNotSeen) {
  const std::string text = written(sample());
  const std::string denied = text.substr(text.find("deny = ["));
  EXPECT_NE(denied.find("\"@ipc\""), std::string::npos) << denied;
  EXPECT_NE(denied.find("\"mkdir\""), std::string::npos);
  for (const char* seen :
       {"\"openat\"", "\"connect\"", "\"clone\"", "\"read\"", "\"mmap\"", "\"exit_group\""})
    EXPECT_EQ(denied.find(seen), std::string::npos) << seen;
}

TEST(ALearnedProfile, SuggestsLimitsWithHeadroomAsComments) {
  const std::string text = written(sample());
  EXPECT_NE(text.find("\n#memory = \"768M\""), std::string::npos) << text;
  EXPECT_NE(text.find("\n#tasks = 24"), std::string::npos) << text;
}

TEST(MergedLessons, AddCountsAndUniteRules) {
  Learned second = sample();
  second.here = "none";
  second.memory_peak = 1;
  second.ro["/srv/more"] = {1, "ld", ""};
  const Learned all = merged(sample(), second);
  EXPECT_EQ(all.runs, 2u);
  EXPECT_EQ(all.here, "rw");
  EXPECT_EQ(all.ro.at("$HOME/.gitconfig").count, 6u);
  EXPECT_EQ(all.ro.size(), 3u);
  EXPECT_EQ(all.calls.at("openat").count, 1624u);
  EXPECT_EQ(all.memory_peak, sample().memory_peak);
}

TEST(AForeignProfile, IsNotMergedInto) {
  EXPECT_THROW(read_learned("description = \"mine\"\n", "p.toml"), Error);
  EXPECT_THROW(read_learned(written(sample()) + "extends = ['mine']\n", "p.toml"), Error);
  EXPECT_THROW(read_learned(written(sample()) + "[environment]\npass = [\"X\"]\n", "p.toml"), Error);
}

}  // namespace
}  // namespace cloche
