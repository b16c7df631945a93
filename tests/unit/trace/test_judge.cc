#include "trace/judge.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "trace/annas.h"

namespace cloche {
namespace {

Act of(Intent intent, const std::string& path, int error) {
  Act act;
  act.call = "openat";
  act.intent = intent;
  act.object = path;
  act.error = error;
  return act;
}

Act to(const std::string& host, std::int64_t port, int error, Transport transport = Transport::tcp) {
  Act act;
  act.call = "connect";
  act.intent = Intent::connect;
  act.object = host;
  act.transport = transport;
  act.number = port;
  act.error = error;
  return act;
}

std::optional<Cause> judged(const FakeHost& host, const Act& act, const Plan& plan = annas_plan()) {
  return judge(plan, act, host.outside());
}

TEST(AFileOfTheHome, IsHiddenAndNamesTheLineThatShowsIt) {
  const auto cause =
      judged(FakeHost().file("/home/anna/.ssh/config"), of(Intent::read, "/home/anna/.ssh/config", ENOENT));
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->layer, Layer::hidden_path);
  EXPECT_EQ(cause->option, "--ro ~/.ssh/config");
}

TEST(AFileThatIsMissingOutsideToo, IsNotTheSandboxsDoing) {
  EXPECT_FALSE(judged(FakeHost(), of(Intent::read, "/home/anna/.ssh/config", ENOENT)));
  EXPECT_FALSE(judged(FakeHost(), of(Intent::look, "/usr/local/bin/cc", ENOENT)));
}

TEST(AFileOfTheCurrentFolder, ThatVanishedMeanwhileIsNotTheSandboxsDoing) {
  EXPECT_FALSE(
      judged(FakeHost().file("/home/anna/project/a.o"), of(Intent::read, "/home/anna/project/a.o", ENOENT)));
}

TEST(ALinkOutOfTheView, NamesItsTarget) {
  const auto cause = judged(FakeHost().file("/home/anna/project/data", true, "/srv/data/set"),
                            of(Intent::read, "/home/anna/project/data", ENOENT));
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->option, "--ro /srv/data/set");
  EXPECT_NE(cause->why.find("a link to /srv/data/set"), std::string::npos);
}

TEST(ANewFileInAHiddenFolder, NamesTheFolderToShareWritable) {
  const auto cause =
      judged(FakeHost().folder("/home/anna/.cache"), of(Intent::make, "/home/anna/.cache/x", ENOENT));
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->option, "--rw ~/.cache");
}

TEST(AWriteToAReadOnlyMount, NamesTheFolder) {
  FakeHost host;
  host.folder("/usr/local/share").file("/usr/local/share/x");
  const auto made = judged(host, of(Intent::make, "/usr/local/share/y", EROFS));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->layer, Layer::read_only_mount);
  EXPECT_EQ(made->option, "--rw /usr/local/share");
  EXPECT_EQ(judged(host, of(Intent::write, "/usr/local/share/x", EROFS))->option, "--rw /usr/local/share/x");
}

TEST(AWrite, ThatThePersonMayNotDoOutsideEitherIsNotTheSandboxsDoing) {
  EXPECT_FALSE(judged(FakeHost().folder("/usr/lib", false), of(Intent::make, "/usr/lib/x", EROFS)));
  EXPECT_FALSE(judged(FakeHost().file("/etc/shadow", false), of(Intent::write, "/etc/shadow", EACCES)));
}

TEST(AReadOnlyHome, IsNeverSuggestedWhole) {
  Spec spec;
  spec.view.push_back({ViewChange::Kind::ro, "/home/anna", "", {}});
  HostFacts facts = annas_machine();
  facts.working_directory = "/srv";
  facts.paths["/home/anna"] = {PathFact::Kind::folder, "/home/anna", {}};
  const auto cause = judged(FakeHost().folder("/home/anna"), of(Intent::make, "/home/anna/x", EROFS),
                            annas_plan(spec, facts));
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->option, "");
}

TEST(ARefusalThatOnlyLandlockCanHaveMade, IsLandlocks) {
  Plan plan = annas_plan();
  plan.policy.landlock.trees = {{"/", false, true}};
  const auto cause = judged(FakeHost().file("/home/anna/project/a"),
                            of(Intent::write, "/home/anna/project/a", EACCES), plan);
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->layer, Layer::landlock);
}

TEST(AFileOfAnotherGroupOfTheirs, IsLostWithTheGroupsOfARange) {
  FakeHost host;
  host.file("/usr/share/team");
  host.paths["/usr/share/team"].by_group = true;
  const auto cause = judged(host, of(Intent::read, "/usr/share/team", EACCES));
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->layer, Layer::identity);
  EXPECT_EQ(cause->option, "--map single");
}

TEST(ASocketInRun, NamesTheRiskAndTheToken) {
  FakeHost host;
  host.paths["/run/user/1000/bus"] = {
      OutsidePath::Kind::socket, "/run/user/1000/bus", true, true, false, false};
  Act act = of(Intent::connect, "/run/user/1000/bus", ENOENT);
  act.transport = Transport::local;
  const auto cause = judged(host, act);
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->option, "--ro /run/user/1000/bus --allow host-sockets");
  EXPECT_NE(cause->why.find("act outside the sandbox"), std::string::npos);
}

TEST(AConnection, OutOfItsOwnNetworkIsTheNetworks) {
  const auto cause = judged(FakeHost(), to("192.0.2.7", 443, ENETUNREACH));
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->layer, Layer::network);
  EXPECT_EQ(cause->option, "--net host");
}

TEST(ARefusedLoopbackConnection, IsTheNetworksOnlyWhereTheHostListens) {
  FakeHost host;
  host.ports = {5432};
  EXPECT_EQ(judged(host, to("127.0.0.1", 5432, ECONNREFUSED))->option, "--net host");
  EXPECT_FALSE(judged(host, to("127.0.0.1", 8080, ECONNREFUSED)));
}

TEST(AQuestionForAName, GetsNoAnswerInside) {
  EXPECT_EQ(judged(FakeHost(), to("127.0.0.53", 53, 0, Transport::udp))->option, "--net host");
  EXPECT_FALSE(judged(FakeHost(), to("127.0.0.1", 9999, 0, Transport::udp)));
}

TEST(AnotherOwner, NeedsRootInsideAndThenARange) {
  Act act = of(Intent::own, "/home/anna/project/a", EPERM);
  act.call = "fchownat";
  act.number = 33;
  EXPECT_EQ(judged(FakeHost(), act)->layer, Layer::capability);
  EXPECT_EQ(judged(FakeHost(), act)->option, "--as root");
  Spec spec;
  spec.as = As{As::Kind::root};
  spec.map = MapMode::single;
  act.error = EINVAL;
  EXPECT_EQ(judged(FakeHost(), act, annas_plan(spec))->option, "--map range");
}

TEST(AProcessOutside, IsNotSeenAndNothingShowsIt) {
  const auto cause = judged(FakeHost().folder("/proc/4711"), of(Intent::look, "/proc/4711", ENOENT));
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->option, "");
}

TEST(AProtectedPath, NamesTheTokenThatFreesIt) {
  HostFacts facts = annas_machine();
  const std::string project = "/home/anna/project";
  facts.paths[project + "/.git"] = {PathFact::Kind::folder, project + "/.git", {}};
  facts.paths[project + "/.git/config"] = {PathFact::Kind::file, project + "/.git/config", {}};
  facts.paths[project + "/.git/hooks"] = {PathFact::Kind::folder, project + "/.git/hooks", {}};
  const Plan plan = annas_plan({}, facts);
  FakeHost host;
  host.folder(project)
      .folder(project + "/.git")
      .file(project + "/.git/config")
      .folder(project + "/.git/hooks");
  auto cause = judged(host, of(Intent::write, project + "/.git/config", EROFS), plan);
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->layer, Layer::protected_path);
  EXPECT_EQ(cause->option, "--allow git-config");
  cause = judged(host, of(Intent::make, project + "/.git/hooks/post-commit", EROFS), plan);
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->option, "--allow git-hooks");
  cause = judged(host, of(Intent::remove, project + "/.git", EBUSY), plan);
  ASSERT_TRUE(cause);
  EXPECT_EQ(cause->option, "--allow git-config --allow git-hooks");
}

TEST(AProtectedPath, ThatIsKeptFromBeingMadeIsOneToo) {
  const std::string project = "/home/anna/project";
  const FakeHost host = FakeHost().folder(project);
  for (const int error : {EEXIST, ENOENT, EBUSY}) {
    const auto cause = judged(host, of(Intent::make, project + "/.git", error));
    ASSERT_TRUE(cause) << error;
    EXPECT_EQ(cause->option, "--allow git-init");
  }
  EXPECT_FALSE(judged(host, of(Intent::look, project + "/.git", ENOENT))) << "it is missing outside too";
  EXPECT_FALSE(judged(host, of(Intent::make, project + "/build", EEXIST)));
}

TEST(ARefusedMount, IsAllowedByNothing) {
  const Cause cause = judge_refused_call({}, "mount");
  EXPECT_EQ(cause.layer, Layer::seccomp);
  EXPECT_EQ(cause.option, "");
  EXPECT_EQ(cause.why.find("nothing allows it"), std::string::npos) << "whoever prints it says so";
}

TEST(ARefusedCall, NamesTheTokenThatOpensItsGroup) {
  EXPECT_EQ(judge_refused_call({}, "ptrace").option, "--allow ptrace");
  EXPECT_EQ(judge_refused_call({}, "unshare").option, "--allow userns");
  EXPECT_EQ(judge_refused_call({}, "clone").option, "--allow userns");
  EXPECT_EQ(judge_refused_call({}, "init_module").option, "");
}

TEST(ARefusedCall, OfAProfilesRulesNamesTheLineThatAllowsIt) {
  PolicyPlan strict;
  strict.seccomp = "default";
  strict.syscalls = {{{"@network", "socket"}, SyscallRule::Action::error, {}, {}}};
  for (const char* call : {"socket", "bind"}) {
    const Cause cause = judge_refused_call(strict, call);
    EXPECT_EQ(cause.why, "the rules of the profile refuse it") << call;
    EXPECT_NE(cause.option.find("allow = [\"" + std::string(call) + "\"]"), std::string::npos)
        << cause.option;
  }
  EXPECT_EQ(judge_refused_call(strict, "ptrace").option, "--allow ptrace") << "which no rule opens";
  EXPECT_EQ(judge_refused_call(strict, "mount").option, "");
  EXPECT_EQ(judge_refused_call(strict, "clone").option, "--allow userns");
}

TEST(ARefusedCall, OfAFilterFileNamesTheDefaultOneWhereThatLetsItPass) {
  PolicyPlan policy;
  policy.seccomp = "/home/anna/filter.json";
  policy.file.emplace();
  policy.filter = default_policy({});
  policy.filter->calls["getpid"] = {{}, {Action::Kind::error, EPERM}};
  EXPECT_EQ(judge_refused_call(policy, "getpid").option, "--seccomp default");
  EXPECT_EQ(judge_refused_call(policy, "init_module").option, "");
}

TEST(APathOfAnOption, IsQuotedWhereAShellWouldReadItOtherwise) {
  EXPECT_EQ(option_path("/home/anna/a", "/home/anna"), "~/a");
  EXPECT_EQ(option_path("/home/anna/a b", "/home/anna"), "'/home/anna/a b'");
  EXPECT_EQ(option_path("/srv/x", "/home/anna"), "/srv/x");
}

}  // namespace
}  // namespace cloche
