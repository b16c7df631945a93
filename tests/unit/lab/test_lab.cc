#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include <gtest/gtest.h>

#include "base/fd.h"
#include "lab/bench.h"
#include "lab/experiment.h"
#include "lab/notebook.h"
#include "lab/runner.h"
#include "lab/surface.h"

namespace cloche::lab {
namespace {

/// Debian 12 after a login, as an ordinary user.
Situation debian() {
  Situation s;
  s.uid = s.gid = 1000;
  s.user = "tester";
  s.tree = "/sys/fs/cgroup";
  s.own_cgroup = "/user.slice/user-1000.slice/session-3.scope";
  s.nsdelegate = s.cgroup_v1 = true;
  s.controllers = s.known = {"cpuset", "cpu", "io", "memory", "hugetlb", "pids"};
  s.manager = "/user.slice/user-1000.slice/user@1000.service";
  s.delegated = {"cpu", "memory", "pids"};
  s.subuid = s.subgid = 100000;
  s.newuidmap = "/usr/bin/newuidmap";
  s.newgidmap = "/usr/bin/newgidmap";
  return s;
}

const Experiment& named(const std::string& name) {
  for (const Experiment& one : experiments())
    if (name == one.name) return one;
  throw std::out_of_range(name);
}

/// What is predicted for the line that begins with `what`.
std::string predicted(const std::string& name, const Situation& s, const std::string& what) {
  for (const Line& line : named(name).predict(s))
    if (line.what.starts_with(what)) return line.came;
  return "no such line";
}

const char* const kRefused = "Permission denied (EACCES)";

TEST(TheExperiments, HaveEachANameOfTheirOwnAndStandByChapter) {
  std::set<std::string> names;
  int chapter = 1;
  for (const Experiment& one : experiments()) {
    EXPECT_TRUE(names.insert(one.name).second) << one.name;
    EXPECT_GE(one.chapter, chapter) << one.name;
    chapter = one.chapter;
  }
  EXPECT_EQ(chapter, kChapters);
}

TEST(TheExperiments, PredictSomethingAndNameTheirRule) {
  for (const Experiment& one : experiments()) {
    EXPECT_FALSE(one.predict(debian()).empty()) << one.name;
    for (const std::string text : {one.question, one.call, one.rule, one.since, one.document, one.means})
      EXPECT_FALSE(text.empty()) << one.name;
  }
}

TEST(APrediction, OfTheCommonAncestorDependsOnWhereTheCallerIs) {
  Situation s = debian();
  EXPECT_EQ(predicted("common-ancestor", s, "write("), kRefused);
  EXPECT_EQ(predicted("clone-into-cgroup", s, "clone3"), kRefused);
  s.own_cgroup = s.manager + "/app.slice/run-u1.service";
  EXPECT_EQ(predicted("common-ancestor", s, "write("), "works");
  EXPECT_EQ(predicted("clone-into-cgroup", s, "clone3"), "works");
}

TEST(APrediction, IsNotMisledByAManagerWhoseNameBeginsTheSame) {
  Situation s = debian();
  s.own_cgroup = s.manager + "-other/x.service";
  EXPECT_FALSE(s.inside_manager());
}

TEST(APrediction, OfMkdirInACgroupNamespaceDependsOnWhoOwnsTheCgroup) {
  Situation s = debian();
  EXPECT_EQ(predicted("mount-with-cgroup-namespace", s, "mkdir"), kRefused);
  s.own_cgroup_mine = true;
  EXPECT_EQ(predicted("mount-with-cgroup-namespace", s, "mkdir"), "works");
}

TEST(APrediction, OfIoAndCpusetDependsOnWhatIsDelegated) {
  Situation s = debian();
  EXPECT_EQ(predicted("io-and-cpuset", s, "write(SCOPE/cgroup.subtree_control, \"+io"),
            tried("", ENOENT).came);
  s.delegated.push_back("io");
  EXPECT_EQ(predicted("io-and-cpuset", s, "write(SCOPE/cgroup.subtree_control, \"+io"), "works");
  s.known = {"cpu"};
  EXPECT_EQ(predicted("io-and-cpuset", s, "write(SCOPE/cgroup.subtree_control, \"+cpuset"),
            tried("", EINVAL).came);
}

TEST(APrediction, OfNoInternalProcessesIsForAControllerThatCountsByProcesses) {
  Situation s = debian();
  EXPECT_EQ(predicted("no-internal-processes", s, "write(SCOPE/cgroup.subtree_control, \"+memory\"), while"),
            tried("", EBUSY).came);
  std::erase(s.delegated, "memory");
  EXPECT_NE(named("no-internal-processes").needs(s).find("neither memory nor io"), std::string::npos);
}

TEST(APrediction, OfTheBoundaryDependsOnTheMount) {
  Situation s = debian();
  EXPECT_EQ(predicted("namespace-boundary", s, "write(OUTSIDE"), tried("", ENOENT).came);
  s.nsdelegate = false;
  EXPECT_EQ(predicted("namespace-boundary", s, "write(OUTSIDE"), "works");
}

TEST(AnExperimentThatCannotBeDone, SaysWhatIsMissing) {
  Situation s = debian();
  s.delegated = {};
  s.hybrid = true;
  for (const char* name : {"fork-bomb", "memory-hog", "cpu-quota", "no-internal-processes"})
    EXPECT_NE(named(name).needs(s).find("cgroup v1"), std::string::npos) << name;
  s = debian();
  s.subuid = 0;
  EXPECT_NE(named("newuidmap").needs(s).find("usermod --add-subuids"), std::string::npos);
  s.no_namespaces = "this host has user namespaces switched off";
  for (const Experiment& one : chapter_sees()) EXPECT_FALSE(one.needs(s).empty()) << one.name;
}

TEST(ADangerousExperiment, IsNotBegunWithoutItsController) {
  for (const auto& [name, controller] : {std::pair("fork-bomb", "pids"), std::pair("memory-hog", "memory")}) {
    Situation s = debian();
    EXPECT_EQ(named(name).needs(s), "");
    std::erase(s.delegated, controller);
    EXPECT_NE(named(name).needs(s), "") << name;
  }
}

TEST(TheCommonAncestor, IsTheLowestCgroupAboveBoth) {
  EXPECT_EQ(common_ancestor("/a/b/c", "/a/b/d"), "/a/b");
  EXPECT_EQ(common_ancestor("/a/b", "/a/b/d"), "/a/b");
  EXPECT_EQ(common_ancestor("/a/bc", "/a/bd"), "/a");
  EXPECT_EQ(common_ancestor("/a", "/b"), "/");
  EXPECT_EQ(common_ancestor("/", "/b"), "/");
}

TEST(AnAnswer, IsAsPredictedOnlyLineByLine) {
  const Lines lines = {{"a", "1"}, {"b", "2"}};
  EXPECT_EQ(compare(lines, lines), Result::State::as_predicted);
  EXPECT_EQ(compare(lines, {{"a", "1"}}), Result::State::finding);
  EXPECT_EQ(compare(lines, {{"a", "1"}, {"b", "3"}}), Result::State::finding);
  EXPECT_EQ(compare({{"a", "1"}}, lines), Result::State::finding);
}

TEST(ANotebook, IsReadAsItWasWritten) {
  Pipe pipe = make_pipe();
  const Notebook notebook(pipe.write.get());
  const Tree tree = {{"/", "root", false, false}, {"/a b", "me", true, true}};
  notebook.note({"what", "several\nlines"});
  notebook.figure("figure", "");
  notebook.series("title", "bytes", 4);
  notebook.sample(0.5, 2);
  notebook.before(tree);
  notebook.broke("why");
  pipe.write.reset();
  Result result;
  std::string bytes;
  char byte = 0;
  while (::read(pipe.read.get(), &byte, 1) == 1) {  // however it is cut
    bytes += byte;
    take_notes(bytes, [&](std::string_view note) { take_note(result, note); });
  }
  EXPECT_EQ(bytes, "");
  EXPECT_EQ(result.answered, (Lines{{"what", "several\nlines"}}));
  EXPECT_EQ(result.figures, (Lines{{"figure", ""}}));
  EXPECT_EQ(result.series, (Series{"title", "bytes", 4.0, {2.0}, 0.5}));
  EXPECT_EQ(result.before, tree);
  EXPECT_EQ(result.missing, "why");
}

// --- the runner, with experiments of the test's own

Lines one_line(const Situation&) {
  return {{"a", "1"}};
}

Experiment made(void (*run)(const Situation&, Notebook&)) {
  return {1, "made", "?", "call", nullptr, one_line, run, nullptr, "rule", "since", "document", "means"};
}

TEST(ARun, ThatAnswersOtherwiseIsAFinding) {
  const Result result = perform(made([](const Situation&, Notebook& notebook) {
                                  notebook.note({"a", "2"});
                                }),
                                debian());
  EXPECT_EQ(result.state, Result::State::finding);
  EXPECT_EQ(result.answered, (Lines{{"a", "2"}}));
}

TEST(ARun, ThatThrowsKeepsWhatItSawAndSaysWhy) {
  const Result result = perform(made([](const Situation&, Notebook& notebook) {
                                  notebook.note({"a", "1"});
                                  throw std::runtime_error("no more");
                                }),
                                debian());
  EXPECT_EQ(result.state, Result::State::finding);
  EXPECT_EQ(result.missing, "no more");
  EXPECT_EQ(result.answered, (Lines{{"a", "1"}}));
}

TEST(ARun, ThatIsKilledIsAFinding) {
  const Result result = perform(made([](const Situation&, Notebook&) { ::raise(SIGKILL); }), debian());
  EXPECT_EQ(result.state, Result::State::finding);
  EXPECT_NE(result.missing.find("signal 9"), std::string::npos) << result.missing;
}

TEST(ARun, DoesNotWaitForAProcessThatItLeftBehind) {
  const Result result = perform(made([](const Situation&, Notebook& notebook) {
                                  notebook.note({"a", "1"});
                                  if (::fork() == 0) {
                                    ::alarm(20);
                                    while (true) ::pause();
                                  }
                                }),
                                debian());
  EXPECT_EQ(result.state, Result::State::as_predicted) << result.missing;
}

TEST(AChildOfTheBench, HandsOnWhatWentWrongInIt) {
  Child child([] { throw std::runtime_error("said in the child"); });
  try {
    child.ready();
    FAIL();
  } catch (const std::exception& error) {
    EXPECT_STREQ(error.what(), "said in the child");
  }
}

TEST(AChildOfTheBench, IsGoneWithItsOwner) {
  pid_t pid = -1;
  {
    Child child([] {});
    child.ready();
    pid = child.pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(TheSurface, IsTheSameByTheRulesAndByTheKernel) {
  const Surface rules = surface_by_policy();
  Surface kernel;
  try {
    kernel = surface_by_kernel();
  } catch (const Error& error) {
    if (error.code() == EBUSY)
      GTEST_SKIP() << "a filter above this process has the only listener, as in a sandbox";
    throw;
  }
  EXPECT_EQ(rules.all(), kernel.all());
  EXPECT_EQ(rules, kernel) << rules.allowed << " " << kernel.allowed << ", " << rules.refused << " "
                           << kernel.refused;
  EXPECT_GT(rules.allowed, 150u);
  EXPECT_LT(rules.allowed, rules.all());
}

}  // namespace
}  // namespace cloche::lab
