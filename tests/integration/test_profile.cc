// Profiles on real command lines: what they say holds inside, options lie over it, and `cloche profile`
// tells.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/text.h"
#include "integration/project.h"

namespace cloche::testing {
namespace {

/// A project, and beside it a folder of the user's profiles.
struct WithProfiles : Project {
  WithProfiles() : config(home_folder()) {
    make_folder(config.at("cloche/profiles"));
    cloche.variables = {"XDG_CONFIG_HOME=" + config.path()};
  }

  void write(const std::string& name, const std::string& text) const {
    write_file(config.at("cloche/profiles/" + name + ".toml"), text);
  }

  Ended profile(const std::vector<std::string>& words) const {
    std::vector<std::string> all = {cloche_binary(), "profile"};
    all.insert(all.end(), words.begin(), words.end());
    return testing::run({.words = all, .directory = path(), .variables = cloche.variables});
  }

  TemporaryFolder config;
};

TEST(AProfile, HoldsInsideAndOptionsLieOverIt) {
  WithProfiles project;
  const TemporaryFolder data(home_folder());
  write_file(data.at("file"), "data\n");
  project.write("mine", "extends = ['build']\n[view]\nhere = 'ro'\nro = ['" + data.path() +
                            ":/tmp/data']\nro-if-present = ['/nowhere/at/all']\n[environment]\nset = {WORD = "
                            "'profile'}\n[limits.rlimits]\nnofile = 77\n");
  project.cloche.options = {"--profile", "mine"};
  const std::string look =
      "cat /tmp/data/file; echo $WORD; ulimit -n; touch made 2>/dev/null || echo refused";
  EXPECT_EQ(project.cloche.sh(look).out, "data\nprofile\n77\nrefused\n") << project.cloche.sh(look);
  project.cloche.options = {"--profile",   "mine",     "--here",    "rw",     "--env",
                            "WORD=option", "--rlimit", "nofile=88", "--hide", "/tmp/data"};
  EXPECT_EQ(project.cloche.sh(look).out, "option\n88\n");
}

TEST(AProfile, DeniesSystemCalls) {
  WithProfiles project;
  project.write("still",
                "[syscalls]\ndeny = ['mkdir', 'mkdirat']\n[[syscalls.rules]]\nnames = ['symlink', "
                "'symlinkat']\naction = 'errno'\nerrno = 'ENOTDIR'\n");
  project.cloche.options = {"--profile", "still"};
  const Ended ended = project.cloche.sh("mkdir x; ln -s a b; touch c && ls");
  EXPECT_EQ(ended.out, "c\n") << ended;
  EXPECT_NE(ended.err.find("Operation not permitted"), std::string::npos) << ended;
  EXPECT_NE(ended.err.find("Not a directory"), std::string::npos) << ended;
}

TEST(AProfile, IsAnErrorWithItsPlaceAndNothingRuns) {
  WithProfiles project;
  project.write("wrong", "[view]\nroo = []\n");
  project.cloche.options = {"--profile", "wrong"};
  const Ended ended = project.cloche.sh("touch made");
  EXPECT_EQ(ended.status, 125);
  EXPECT_NE(ended.err.find("wrong.toml:2:1: [view] has no key 'roo'; did you mean ro?"), std::string::npos)
      << ended;
  EXPECT_FALSE(exists(project.at("made")));
}

TEST(AProfile, OfTheCurrentFolderIsTakenOnlyWhereItIsNamedSo) {
  WithProfiles project;
  write_file(project.at("here.toml"), "[environment]\nset = {WORD = 'here'}\n");
  write_file(project.at("build.toml"), "[environment]\nset = {WORD = 'planted'}\n");
  const auto word = [&](const std::string& name) {
    project.cloche.options = {"--profile", name};
    return project.cloche.sh("echo $WORD");
  };
  EXPECT_EQ(word("./here.toml").out, "here\n");
  EXPECT_EQ(word("here.toml").out, "here\n");
  EXPECT_EQ(word("here").status, 125);
  EXPECT_EQ(word("build").out, "\n");
}

TEST(AProfile, ThatOthersCanWriteIsRefused) {
  WithProfiles project;
  project.write("mine", "");
  ASSERT_EQ(::chmod(project.config.at("cloche/profiles/mine.toml").c_str(), 0666), 0);
  project.cloche.options = {"--profile", "mine"};
  const Ended ended = project.cloche.run({"true"});
  EXPECT_EQ(ended.status, 125);
  EXPECT_NE(ended.err.find("chmod go-w"), std::string::npos) << ended;
}

TEST(AProfileWithAnOddName, OrPathIsNoTrouble) {
  WithProfiles project;
  make_folder(project.at("a b\nc"));
  write_file(project.at("a b\nc/d'e.toml"), "[view]\nx = 1\n");
  project.cloche.options = {"--profile", "a b\nc/d'e.toml"};
  const Ended ended = project.cloche.run({"true"});
  EXPECT_EQ(ended.status, 125);
  EXPECT_EQ(split(std::string(trim(ended.err)), '\n').size(), 1u) << ended;
}

TEST(ARefusedProfile, StandsInTheReport) {
  WithProfiles project;
  project.cloche.options = {"--profile", "nowhere"};
  const Reported seen = project.cloche.reported({"true"});
  EXPECT_EQ(seen.ended.status, 125);
  EXPECT_EQ(seen.report.text("/reason"), "setup-error");
}

TEST(TheCurrentFolder, CanBeReadOnlyOrLeftOut) {
  Project project({"--here", "ro"});
  write_file(project.at("file"), "text\n");
  EXPECT_EQ(project.cloche.sh("cat file; touch file 2>/dev/null || echo refused").out, "text\nrefused\n");
  project.cloche.options = {"--here", "none"};
  EXPECT_EQ(project.cloche.sh("ls " + project.path() + " 2>/dev/null; pwd").out, home_folder() + "\n");
}

TEST(ProfileShow, HasEveryValueWithItsOrigin) {
  const WithProfiles project;
  project.write("base", "[view]\nro = ['/usr/share']\n[limits]\ntasks = 7\ntimeout = '1m'\n");
  project.write("mine", "extends = ['base']\n[limits]\ntasks = 9\n[environment]\nset = {A = 'x'}\n");
  const Ended shown = project.profile({"show", "mine"});
  EXPECT_EQ(shown.status, 0) << shown;
  for (const std::string& part :
       {std::string("tasks = 9"), std::string("mine.toml:3"), std::string("timeout = \"1m\""),
        std::string("base.toml:5"), std::string("ro = \"/usr/share\""), std::string("set.A = \"x\""),
        std::string("mode = \"none\"")})
    EXPECT_NE(shown.out.find(part), std::string::npos) << part << shown;
  EXPECT_EQ(shown.out.find("tasks = 7"), std::string::npos) << shown;
  const Json json(project.profile({"show", "mine", "--json"}).out);
  EXPECT_EQ(json.size("/profiles"), 2u);
  EXPECT_EQ(json.text("/values/0/key"), "view.here");
  EXPECT_EQ(json.text("/values/0/origin"), "default");
}

TEST(ProfileShow, HasTheVerdictOnEachSystemCallAndTheProgram) {
  const WithProfiles project;
  project.write("mine", "[syscalls]\nallow = ['ptrace']\ndeny = ['mkdir']\n[policy]\nallow = ['ptrace']\n");
  const Json verdicts(project.profile({"show", "mine", "--syscalls", "--json"}).out);
  EXPECT_EQ(verdicts.text("/calls/ptrace/otherwise"), "allow");
  EXPECT_EQ(verdicts.text("/calls/mkdir/otherwise"), "EPERM");
  EXPECT_EQ(verdicts.text("/any_other"), "ENOSYS");
  const Ended text = project.profile({"show", "mine", "--syscalls"});
  EXPECT_NE(text.out.find("any other"), std::string::npos);
  EXPECT_NE(text.out.find("@mount"), std::string::npos) << text;
  const Ended program = project.profile({"show", "mine", "--bpf"});
  EXPECT_EQ(program.out.find("code"), std::string::npos) << "an instruction without a name\n" << program;
  EXPECT_NE(program.out.find("return allow"), std::string::npos) << program;
}

TEST(ProfileCheck, TellsEverythingAndItsStatus) {
  const WithProfiles project;
  project.write("good", "[view]\nro = ['/a']\n");
  project.write("bad", "x = 1\n[syscalls]\nallow = ['opne']\n[policy]\nallow = ['ptrac']\n");
  EXPECT_EQ(project.profile({"check", "good", "build"}).status, 0);
  const Ended bad = project.profile({"check", "good", "bad"});
  EXPECT_EQ(bad.status, 1) << bad;
  EXPECT_EQ(split(std::string(trim(bad.out)), '\n').size(), 3u) << bad;
  EXPECT_NE(bad.out.find("bad.toml:3:10: syscalls.allow: there is no system call 'opne'; did you mean open?"),
            std::string::npos)
      << bad;
  EXPECT_EQ(project.profile({"check", "/nowhere.toml"}).status, 1);
  project.write("bold", "[syscalls]\nallow = ['ptrace']\n");
  EXPECT_NE(project.profile({"check", "bold"}).out.find("needs the weakening ptrace"), std::string::npos);
}

TEST(ProfileList, NamesTheShippedAndOnesOwn) {
  const WithProfiles project;
  project.write("mine", "description = 'my own'");
  const Ended list = project.profile({"list"});
  EXPECT_EQ(list.status, 0) << list;
  for (const char* part : {"mine", "yours", "my own", "strict", "shipped", "media"})
    EXPECT_NE(list.out.find(part), std::string::npos) << part << list;
  EXPECT_TRUE(Json(project.profile({"list", "--json"}).out).valid());
}

TEST(ProfileGroups, AreAllThere) {
  const WithProfiles project;
  const Ended groups = project.profile({"groups"});
  EXPECT_NE(groups.out.find("@network (allow): "), std::string::npos) << groups;
  EXPECT_TRUE(Json(project.profile({"groups", "--json"}).out).valid());
}

TEST(TheProfileCommand, RefusesWhatItDoesNotKnow) {
  const WithProfiles project;
  for (const std::vector<std::string>& words : {std::vector<std::string>{},
                                                {"shwo"},
                                                {"show"},
                                                {"check"},
                                                {"list", "x"},
                                                {"show", "build", "--syscalls", "--bpf"}})
    EXPECT_EQ(project.profile(words).status, 125);
}

}  // namespace
}  // namespace cloche::testing
