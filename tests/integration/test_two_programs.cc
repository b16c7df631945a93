// The program that people call is linked statically; what it cannot do, the one beside it does, which a stub
// stands for here that tells its arguments.
#include <gtest/gtest.h>

#include <filesystem>

#include "support/cloche.h"
#include "support/folder.h"

namespace cloche::testing {
namespace {

constexpr int kTaken = 7;

class TwoPrograms : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::copy_file(cloche_binary(), program_);
    make_folder(folder_.at("session/systemd"));
    write_file(folder_.at("session/systemd/private"), "");
    make_folder(folder_.at("project"));
  }
  void lay_the_other() {
    make_folder(folder_.at("shared"));
    write_file(folder_.at("shared/cloche"), "#!/bin/sh\nfor word; do printf '<%s>' \"$word\"; done; exit 7\n",
               0755);
  }
  Ended run_it(std::vector<std::string> words, std::vector<std::string> variables = {}) {
    words.insert(words.begin(), program_);
    variables.emplace_back("DBUS_SESSION_BUS_ADDRESS=");
    return run(
        {.words = std::move(words), .directory = folder_.at("project"), .variables = std::move(variables)});
  }
  /// Nobody to be asked there, and nobody else's sandboxes.
  std::vector<std::string> quiet() { return {"XDG_RUNTIME_DIR=" + folder_.at("project")}; }
  std::vector<std::string> session() { return {"XDG_RUNTIME_DIR=" + folder_.at("session")}; }

  TemporaryFolder folder_;
  std::string program_ = folder_.at("cloche");
};

TEST_F(TwoPrograms, ARunThatAsksNobodyIsTheStaticOnesAlone) {
  lay_the_other();
  const Ended ended = run_it({"run", "--", "echo", "text"}, quiet());
  EXPECT_EQ(ended.status, 0) << ended;
  EXPECT_EQ(ended.out, "text\n") << ended;
}

TEST_F(TwoPrograms, ARunThatAsksSystemdIsTheOthersWithTheSameArguments) {
  lay_the_other();
  const Ended ended = run_it({"run", "--tasks", "9", "--", "echo", "two words", "", "a\nline"}, session());
  EXPECT_EQ(ended.status, kTaken) << ended;
  EXPECT_EQ(ended.out, "<run><--tasks><9><--><echo><two words><><a\nline>") << ended;
}

TEST_F(TwoPrograms, EveryOtherCommandIsTheOthers) {
  lay_the_other();
  for (const std::string command : {"ps", "doctor", "--version"}) {
    const Ended ended = run_it({command});
    EXPECT_EQ(ended.status, kTaken) << command << ended;
    EXPECT_EQ(ended.out, "<" + command + ">");
  }
}

TEST_F(TwoPrograms, AUserWhomTheFilesDoNotKnowIsLookedUpByTheOther) {
  lay_the_other();
  const Ended ended = run({.words = {cloche_binary(), "run", "--map", "single", "--as", "4321", "--ro",
                                     folder_.path(), "--", program_, "run", "--", "id"},
                           .directory = folder_.at("project")});
  EXPECT_EQ(ended.status, kTaken) << ended;
  EXPECT_EQ(ended.out, "<run><--><id>") << ended;
}

TEST_F(TwoPrograms, WithoutTheOtherADefaultIsDegradedAndSaysWhatIsMissing) {
  const std::string report = folder_.at("report");
  const Ended ended = run_it({"run", "--report", report, "--", "echo", "text"}, session());
  EXPECT_EQ(ended.status, 0) << ended;
  EXPECT_EQ(ended.out, "text\n") << ended;
  const Json told(text_of(report));
  EXPECT_NE(told.dump().find("install cloche as a whole"), std::string::npos) << told.dump();
}

TEST_F(TwoPrograms, WithoutTheOtherALimitIsAnErrorThatSaysWhatIsMissing) {
  const Ended ended = run_it({"run", "--memory", "100M", "--", "echo", "text"}, session());
  EXPECT_EQ(ended.status, 125) << ended;
  EXPECT_EQ(ended.out, "") << ended;
  EXPECT_NE(ended.err.find("install cloche as a whole"), std::string::npos) << ended;
}

TEST_F(TwoPrograms, WithoutTheOtherWhatNeedsNoLibraryIsDoneAllTheSame) {
  const Ended ended = run_it({"ps", "--json"}, quiet());
  EXPECT_EQ(ended.status, 0) << ended;
  EXPECT_EQ(ended.out, "[]\n") << ended;
}

TEST_F(TwoPrograms, WhatLiesThereByALinkIsNotTakenForTheOther) {
  make_folder(folder_.at("shared"));
  std::filesystem::create_symlink("/bin/echo", folder_.at("shared/cloche"));
  EXPECT_EQ(run_it({"ps", "--json"}, quiet()).out, "[]\n");
  std::filesystem::rename(folder_.at("shared"), folder_.at("elsewhere"));
  std::filesystem::remove(folder_.at("elsewhere/cloche"));
  write_file(folder_.at("elsewhere/cloche"), "#!/bin/sh\n", 0755);
  std::filesystem::create_directory_symlink("elsewhere", folder_.at("shared"));
  EXPECT_EQ(run_it({"ps", "--json"}, quiet()).out, "[]\n");
}

TEST_F(TwoPrograms, AnotherThatCannotBeExecutedIsAnErrorThatNamesIt) {
  make_folder(folder_.at("shared"));
  write_file(folder_.at("shared/cloche"), "no program", 0755);
  const Ended ended = run_it({"ps"});
  EXPECT_EQ(ended.status, 125) << ended;
  EXPECT_NE(ended.err.find(folder_.at("shared/cloche")), std::string::npos) << ended;
}

}  // namespace
}  // namespace cloche::testing
