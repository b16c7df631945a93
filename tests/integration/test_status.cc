// How a run ended: the exit status, and the one word for it in the report.
#include <gtest/gtest.h>
#include <signal.h>

#include <cmath>

#include "project.h"

namespace cloche::testing {
namespace {

TEST(AnExitStatus, IsTheCommandsOwn) {
  const Project project;
  const Reported seen = project.cloche.reported({"sh", "-c", "exit 7"});
  EXPECT_EQ(seen.ended.status, 7) << seen.ended;
  EXPECT_EQ(seen.report.text("/reason"), "exited");
  EXPECT_EQ(seen.report.number("/exit_status"), 7);
  EXPECT_TRUE(seen.report.is_null("/signal")) << seen.report.dump();
}

TEST(AnExitStatus, Is128AndTheSignalThatEndedTheCommand) {
  const Project project;
  for (const int signal : {SIGTERM, SIGKILL, SIGSEGV}) {
    const Reported seen = project.cloche.reported({"sh", "-c", "kill -" + std::to_string(signal) + " $$"});
    EXPECT_EQ(seen.ended.status, 128 + signal) << seen.ended;
    EXPECT_EQ(seen.report.text("/reason"), "signaled");
    EXPECT_EQ(seen.report.number("/signal"), signal);
  }
}

TEST(AnExitStatus, Is127WhenTheCommandIsNotFound) {
  const Project project;
  const Reported seen = project.cloche.reported({"no-such-command-anywhere"});
  EXPECT_EQ(seen.ended.status, 127) << seen.ended;
  EXPECT_NE(seen.ended.err.find("no-such-command-anywhere"), std::string::npos) << seen.ended;
  EXPECT_EQ(seen.report.text("/reason"), "not-found");
  EXPECT_EQ(project.cloche.run({"./nothing/here"}).status, 127);
}

TEST(AnExitStatus, Is126WhenTheCommandIsNotExecutable) {
  const Project project;
  write_file(project.at("data"), "just text\n");
  const Reported seen = project.cloche.reported({"./data"});
  EXPECT_EQ(seen.ended.status, 126) << seen.ended;
  EXPECT_EQ(seen.report.text("/reason"), "not-executable");
  EXPECT_EQ(project.cloche.run({"/usr"}).status, 126) << "a folder";
}

TEST(AnExitStatus, Is124AfterTheTimeout) {
  const Project project({"--timeout", "500ms"});
  const Reported seen = project.cloche.reported({"sleep", "1000"});
  EXPECT_EQ(seen.ended.status, 124) << seen.ended;
  EXPECT_EQ(seen.report.text("/reason"), "timeout");
  EXPECT_EQ(left_behind(), "");
}

TEST(AnExitStatus, Is124ThoughTheCommandIgnoresTheFirstSignal) {
  const Project project({"--timeout", "500ms"});
  EXPECT_EQ(project.cloche.sh("trap '' TERM; while :; do sleep 1000; done").status, 124);
  EXPECT_EQ(left_behind(), "");
}

TEST(AnExitStatus, Is125WithASentenceWhenClocheCannotDoWhatIsAsked) {
  const Project project({"--ro", "/no/such/source"});
  const Reported seen = project.cloche.reported({"true"});
  EXPECT_EQ(seen.ended.status, 125) << seen.ended;
  EXPECT_NE(seen.ended.err.find("/no/such/source"), std::string::npos) << seen.ended;
  EXPECT_EQ(seen.ended.out, "");
  EXPECT_EQ(seen.report.text("/reason"), "setup-error");
}

TEST(AWrongCommandLine, IsSaidInOneSentenceThatNamesTheNearestOption) {
  const Project project({"--tymeout", "1s"});
  const Ended ended = project.cloche.run({"true"});
  EXPECT_EQ(ended.status, 125) << ended;
  EXPECT_NE(ended.err.find("--timeout"), std::string::npos) << ended;
}

TEST(AScriptWithoutAnInterpreterLine, IsRunByTheShell) {
  const Project project;
  write_file(project.at("script"), "echo \"ran with $1\"\n", 0755);
  EXPECT_EQ(project.cloche.run({"./script", "this"}).out, "ran with this\n");
}

TEST(AReport, HasEveryFieldOfItsSchema) {
  const Project project;
  const Reported seen = project.cloche.reported({"true"});
  for (const char* field :
       {"/version", "/name", "/command", "/reason", "/exit_status", "/signal", "/wall_seconds", "/cpu",
        "/memory", "/tasks", "/io", "/pressure", "/denials", "/enforced", "/degraded"}) {
    EXPECT_TRUE(seen.report.has(field)) << field << " is missing in " << seen.report.dump();
  }
  EXPECT_EQ(seen.report.number("/version"), 1);
  EXPECT_EQ(seen.report.texts("/command"), std::vector<std::string>{"true"});
  EXPECT_GT(seen.report.number("/wall_seconds"), 0);
}

TEST(ADegradation, NamesFeatureReasonAndRemedy) {
  const Project project;
  const Reported seen = project.cloche.reported({"true"});
  for (std::size_t i = 0; i < seen.report.size("/degraded"); ++i) {
    const std::string at = "/degraded/" + std::to_string(i);
    for (const char* field : {"/feature", "/wanted", "/reason", "/remedy"}) {
      EXPECT_NE(seen.report.text(at + field), "") << at << field << "\n" << seen.report.dump();
    }
  }
}

TEST(ADryRun, PrintsThePlanAndRunsNothing) {
  const Project project;
  const Json plan = project.cloche.plan({"touch", "made"});
  ASSERT_TRUE(plan.valid());
  EXPECT_EQ(plan.texts("/command"), (std::vector<std::string>{"touch", "made"}));
  EXPECT_FALSE(exists(project.at("made")));
}

TEST(ASummary, GoesToStandardErrorAndLeavesTheOutputAlone) {
  const Project project({"--summary"});
  const Ended ended = project.cloche.run({"echo", "output"});
  EXPECT_EQ(ended.out, "output\n");
  EXPECT_NE(ended.err, "");
}

TEST(AQuietRun, SaysNothingOfItsOwn) {
  const Project project({"--quiet"});
  const Ended ended = project.cloche.sh("echo out; echo err >&2; exit 3");
  EXPECT_EQ(ended.status, 3);
  EXPECT_EQ(ended.out, "out\n");
  EXPECT_EQ(ended.err, "err\n");
}

TEST(AReportThatCannotBeWritten, IsAnErrorBeforeAnythingRuns) {
  const Project project({"--report", "/no/such/folder/report.json"});
  const Ended ended = project.cloche.run({"touch", "made"});
  EXPECT_EQ(ended.status, 125) << ended;
  EXPECT_NE(ended.err.find("/no/such/folder"), std::string::npos) << ended;
}

TEST(AReport, IsAPageForANameThatEndsInHtml) {
  const Project project({"--report", "page.html", "--report", "report.json"});
  EXPECT_EQ(project.cloche.sh("exit 3").status, 3);
  const std::string page = text_of(project.at("page.html"));
  EXPECT_EQ(page.substr(0, 15), "<!DOCTYPE html>");
  EXPECT_NE(page.find("exited with status 3"), std::string::npos);
  // Well-formed: every element is closed, nothing of the run stands outside of its place.
  const Ended parsed =
      run({.words = {"python3", "-c", "import sys, xml.etree.ElementTree as e; e.parse(sys.argv[1])",
                     project.at("page.html")}});
  EXPECT_EQ(parsed.status, 0) << parsed;
  EXPECT_EQ(Json(text_of(project.at("report.json"))).number("/exit_status"), 3);
}

TEST(AReport, IsAPageOfARefusedRunToo) {
  const Project refused({"--report", "page.html", "--ro", "/nowhere"});
  EXPECT_EQ(refused.cloche.run({"true"}).status, 125);
  EXPECT_NE(text_of(refused.at("page.html")).find("/nowhere"), std::string::npos);
}

}  // namespace
}  // namespace cloche::testing
