// cloche doctor on hosts that lack something. Each is made for real around it, and `cloche run` is asked on
// the same host: the two never disagree. What only root can take away is tests/vm/suite_doctor.py's.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "base/text.h"
#include "project.h"
#include "support/silent_bus.h"
#include "support/terminal.h"

namespace cloche::testing {
namespace {

using Words = std::vector<std::string>;

/// A host: what is put before a command line there, and its environment.
struct Host {
  Words around;
  Words variables;
  std::optional<Words> environment;
  bool stdin_closed = false;

  Ended run(const Words& cloche) const {
    const Project project;
    Command command{.words = around, .directory = project.path()};
    command.words.push_back(cloche_binary());
    command.words.insert(command.words.end(), cloche.begin(), cloche.end());
    command.variables = variables;
    command.environment = environment;
    command.stdin_closed = stdin_closed;
    return testing::run(command);
  }
};

Host changed_by_bubblewrap(const Words& changes) {
  Host host{.around = {"bwrap", "--dev-bind", "/", "/"}};
  host.around.insert(host.around.end(), changes.begin(), changes.end());
  host.around.emplace_back("--");
  return host;
}

class Examined {
 public:
  explicit Examined(const Host& host) : ended_(host.run({"doctor", "--json"})), json_(ended_.out) {
    for (std::size_t i = 0; i < json_.size("/findings"); ++i)
      if (const std::string at = "/findings/" + std::to_string(i); true) places_[json_.text(at + "/id")] = at;
  }
  int status() const { return ended_.status; }
  const Ended& ended() const { return ended_; }
  const Json& json() const { return json_; }
  std::string of(const std::string& id, const std::string& key) const {
    const auto place = places_.find(id);
    return place == places_.end() ? "no such finding" : json_.text(place->second + "/" + key);
  }
  std::string kind(const std::string& id) const { return of(id, "kind"); }
  std::set<std::string> ids() const {
    std::set<std::string> all;
    for (const auto& [id, place] : places_) all.insert(id);
    return all;
  }

 private:
  Ended ended_;
  Json json_;
  std::map<std::string, std::string> places_;
};

/// What `cloche run -- true` does on `host` is what doctor said that it would.
void expect_agreement(const Host& host, const Examined& doctor) {
  const Ended run = host.run({"run", "--", "true"});
  EXPECT_EQ(run.status, doctor.status() == 0 ? 0 : 125) << run << doctor.ended();
  if (doctor.status() == 0) return;
  const std::string said = doctor.json().text("/error");
  EXPECT_FALSE(said.empty());
  EXPECT_NE(run.err.find(said), std::string::npos) << run << said;
}

bool has(const std::string& text, const std::string& word) {
  return text.find(word) != std::string::npos;
}

std::size_t left_in(const char* folder) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    count += entry.path().filename().string().starts_with("cloche-doctor");
  return count;
}

const std::set<std::string>& documented() {
  static const std::set<std::string> ids = {"run",
                                            "user-namespace",
                                            "mount-namespace",
                                            "pid-namespace",
                                            "ipc-namespace",
                                            "uts-namespace",
                                            "net-namespace",
                                            "cgroup-namespace",
                                            "time-namespace",
                                            "fresh-proc",
                                            "caller",
                                            "subordinate-uids",
                                            "subordinate-gids",
                                            "newuidmap",
                                            "newgidmap",
                                            "id-range",
                                            "mount-api",
                                            "pty",
                                            "overlay",
                                            "outer-sandbox",
                                            "pidfd",
                                            "seccomp",
                                            "seccomp-notify",
                                            "landlock",
                                            "cgroup-tree",
                                            "cgroup-place",
                                            "user-manager",
                                            "linger",
                                            "controller-cpu",
                                            "controller-memory",
                                            "controller-io",
                                            "controller-pids",
                                            "controller-cpuset",
                                            "cgroup-clone",
                                            "cgroup-kill",
                                            "cgroup-freeze",
                                            "cgroup-peak",
                                            "cgroup-pressure"};
  return ids;
}

TEST(DoctorOnThisHost, AgreesWithARunAndLeavesNothing) {
  const HostState before = host_state();
  const Host host;
  const Examined doctor(host);
  EXPECT_EQ(doctor.status(), 0) << doctor.ended();
  EXPECT_EQ(doctor.ids(), documented());
  for (const char* id :
       {"run", "user-namespace", "net-namespace", "fresh-proc", "mount-api", "pty", "pidfd", "seccomp"})
    EXPECT_EQ(doctor.kind(id), "ok") << id << ": " << doctor.of(id, "detail");
  expect_agreement(host, doctor);
  EXPECT_EQ(before, host_state());
  EXPECT_EQ(left_behind(), "");
  EXPECT_EQ(left_in("/var/tmp"), 0u);
}

TEST(DoctorOnThisHost, ShowsATableWithAMarkForEachKindAndNoColourInAPipe) {
  const Ended ended = Host{}.run({"doctor"});
  EXPECT_EQ(ended.status, 0) << ended;
  EXPECT_TRUE(ended.out.starts_with("cloche run works here with its defaults\n")) << ended;
  EXPECT_TRUE(has(ended.out, "\n  + ok      user namespace ")) << ended;
  EXPECT_FALSE(has(ended.out, "\x1b")) << ended;
  EXPECT_EQ(ended.err, "");
}

TEST(DoctorOnThisHost, HasColourOnATerminalUnlessThatIsUnwanted) {
  Terminal coloured({.words = {cloche_binary(), "doctor"}, .variables = {"TERM=xterm"}});
  EXPECT_EQ(coloured.wait(), 0);
  EXPECT_TRUE(has(coloured.screen(), "\x1b[32mcloche run works")) << coloured.screen();
  Terminal plain({.words = {cloche_binary(), "doctor"}, .variables = {"NO_COLOR=1"}});
  EXPECT_EQ(plain.wait(), 0);
  EXPECT_FALSE(has(plain.screen(), "\x1b")) << plain.screen();
}

TEST(Doctor, RefusesWhatItDoesNotTake) {
  EXPECT_EQ(Host{}.run({"doctor", "--jsonn"}).status, 125);
  EXPECT_EQ(Host{}.run({"doctor", "words"}).status, 125);
}

TEST(Doctor, WorksWithoutAnEnvironmentAndWithoutAnInput) {
  const Examined doctor(Host{.environment = Words{}, .stdin_closed = true});
  EXPECT_EQ(doctor.status(), 0) << doctor.ended();
  EXPECT_TRUE(doctor.json().valid());
}

TEST(DoctorWithoutUserNamespaces, NamesTheSwitchAndItsCommand) {
  const Host host{.around = {"unshare", "--user", "--map-root-user", "sh", "-c",
                             "echo 0 > /proc/sys/user/max_user_namespaces; exec \"$@\"", "sh"}};
  const Examined doctor(host);
  EXPECT_EQ(doctor.status(), 1) << doctor.ended();
  EXPECT_EQ(doctor.kind("user-namespace"), "blocking");
  EXPECT_EQ(doctor.of("user-namespace", "remedy"), "sysctl -w user.max_user_namespaces=15000");
  EXPECT_EQ(doctor.of("net-namespace", "state"), "not tried");
  expect_agreement(host, doctor);
}

TEST(DoctorWithoutNetNamespaces, NamesThatKindAlone) {
  const Host host{.around = {"unshare", "--user", "--map-root-user", "sh", "-c",
                             "echo 0 > /proc/sys/user/max_net_namespaces; exec \"$@\"", "sh"}};
  const Examined doctor(host);
  EXPECT_EQ(doctor.status(), 1) << doctor.ended();
  EXPECT_EQ(doctor.kind("user-namespace"), "ok");
  EXPECT_EQ(doctor.kind("uts-namespace"), "ok");
  EXPECT_EQ(doctor.kind("net-namespace"), "blocking");
  EXPECT_EQ(doctor.of("net-namespace", "remedy"), "sysctl -w user.max_net_namespaces=15000");
  expect_agreement(host, doctor);
}

TEST(DoctorWithoutSubordinateIds, GivesACommandThatTakesNobodysIds) {
  const TemporaryFolder files;
  write_file(files.at("none"), "somebody:100000:65536\n");
  const Host host = changed_by_bubblewrap(
      {"--ro-bind", files.at("none"), "/etc/subuid", "--ro-bind", files.at("none"), "/etc/subgid"});
  const Examined doctor(host);
  EXPECT_EQ(doctor.status(), 0) << doctor.ended();
  EXPECT_EQ(doctor.kind("subordinate-uids"), "missing");
  EXPECT_EQ(doctor.of("subordinate-uids", "remedy"), "usermod --add-subuids 165536-231071 " + user_name());
  EXPECT_EQ(doctor.of("id-range", "state"), "not tried");
  expect_agreement(host, doctor);
}

TEST(DoctorWithOverlappingSubordinateIds, NamesTheOtherUser) {
  const TemporaryFolder files;
  write_file(files.at("both"), "somebody:100000:65536\n" + user_name() + ":165535:65536\n");
  const Host host = changed_by_bubblewrap({"--ro-bind", files.at("both"), "/etc/subuid"});
  const Examined doctor(host);
  EXPECT_EQ(doctor.kind("subordinate-uids"), "limited") << doctor.ended();
  EXPECT_TRUE(has(doctor.of("subordinate-uids", "detail"), "'somebody'"));
  EXPECT_TRUE(has(doctor.of("subordinate-uids", "remedy"), ":165535:65536$/d")) << doctor.ended();
  expect_agreement(host, doctor);
}

TEST(DoctorWithFewSubordinateIds, SaysThatTheyAreTooFew) {
  const TemporaryFolder files;
  write_file(files.at("few"), user_name() + ":100000:1000\n");
  const Examined doctor(changed_by_bubblewrap({"--ro-bind", files.at("few"), "/etc/subuid"}));
  EXPECT_EQ(doctor.kind("subordinate-uids"), "limited") << doctor.ended();
  EXPECT_TRUE(has(doctor.of("subordinate-uids", "remedy"), "--add-subuids"));
}

TEST(DoctorWithoutAHelperThatCanBeRun, SaysSoAndNamesThePackage) {
  const Host host = changed_by_bubblewrap({"--ro-bind", "/dev/null", "/usr/bin/newuidmap"});
  const Examined doctor(host);
  EXPECT_EQ(doctor.kind("newuidmap"), "missing") << doctor.ended();
  EXPECT_TRUE(has(doctor.of("newuidmap", "remedy"), "apt-get install"));
  EXPECT_TRUE(has(doctor.json().dump(), "id-range"));
  expect_agreement(host, doctor);
}

TEST(DoctorUnderNoNewPrivileges, SaysThatTheHelpersHaveNone) {
  const Host host{.around = {"setpriv", "--no-new-privs"}};
  const Examined doctor(host);
  EXPECT_EQ(doctor.status(), 0) << doctor.ended();
  EXPECT_EQ(doctor.kind("newuidmap"), "missing");
  EXPECT_TRUE(has(doctor.of("newuidmap", "detail"), "no_new_privs")) << doctor.ended();
  EXPECT_EQ(doctor.kind("outer-sandbox"), "limited");
  expect_agreement(host, doctor);
}

TEST(DoctorWithAMaskedProc, NamesTheMask) {
  const Host host =
      changed_by_bubblewrap({"--tmpfs", "/proc/irq", "--ro-bind", "/dev/null", "/proc/timer_list"});
  const Examined doctor(host);
  EXPECT_EQ(doctor.status(), 1) << doctor.ended();
  EXPECT_EQ(doctor.kind("fresh-proc"), "blocking");
  EXPECT_TRUE(has(doctor.of("fresh-proc", "detail"), "/proc/")) << doctor.ended();
  EXPECT_TRUE(has(doctor.of("fresh-proc", "remedy"), "systempaths=unconfined"));
  EXPECT_EQ(doctor.kind("pid-namespace"), "ok");
  expect_agreement(host, doctor);
}

TEST(DoctorUnderAContainersFilter, NamesTheFilter) {
  const Host host{.around = {test_program("integration/outer_filter")}};
  const Examined doctor(host);
  EXPECT_EQ(doctor.status(), 1) << doctor.ended();
  EXPECT_EQ(doctor.kind("user-namespace"), "blocking");
  EXPECT_TRUE(has(doctor.of("user-namespace", "detail"), "outer container's seccomp filter"))
      << doctor.ended();
  EXPECT_TRUE(has(doctor.of("user-namespace", "remedy"), "allows user namespaces"));
  EXPECT_EQ(doctor.kind("outer-sandbox"), "limited");
  expect_agreement(host, doctor);
}

TEST(DoctorInsideCloche, SaysThatTheSandboxAllowsNoNamespaces) {
  const std::string binary = cloche_binary();
  const Host host{.around = {binary, "run", "--ro", binary, "--"}};
  const Examined doctor(host);
  EXPECT_EQ(doctor.status(), 1) << doctor.ended();
  EXPECT_EQ(doctor.kind("user-namespace"), "blocking");
  EXPECT_TRUE(has(doctor.of("user-namespace", "remedy"), "run cloche outside of it")) << doctor.ended();
  expect_agreement(host, doctor);
}

TEST(DoctorInsideClocheThatAllowsNamespaces, AgreesWithARun) {
  const std::string binary = cloche_binary();
  const Host host{.around = {binary, "run", "--allow", "userns", "--ro", binary, "--"}};
  const Examined doctor(host);
  expect_agreement(host, doctor);
}

TEST(DoctorWithAStaleBusAddress, SaysToUnsetIt) {
  const Host host{
      .variables = {"DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere/bus", "XDG_RUNTIME_DIR=/nowhere"}};
  const Examined doctor(host);
  EXPECT_EQ(doctor.status(), 0) << doctor.ended();
  EXPECT_TRUE(has(doctor.of("user-manager", "remedy"), "unset DBUS_SESSION_BUS_ADDRESS")) << doctor.ended();
  EXPECT_TRUE(has(doctor.of("user-manager", "detail"), "ENOENT")) << doctor.ended();
  expect_agreement(host, doctor);
}

TEST(DoctorWithABusThatHangs, SaysThatARunGoesWithoutLimitsAfterAWait) {
  const SilentBus bus;
  const Host host{.variables = bus.variables()};
  const auto begun = std::chrono::steady_clock::now();
  const Examined doctor(host);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(40));
  EXPECT_EQ(doctor.status(), 0) << doctor.ended();
  EXPECT_EQ(doctor.kind("user-manager"), "limited");
  EXPECT_EQ(doctor.of("user-manager", "state"), "silent");
  EXPECT_EQ(host.run({"run", "--", "true"}).status, 0);
  const Ended limited = host.run({"run", "--tasks", "10", "--", "true"});
  EXPECT_EQ(limited.status, 125);
  EXPECT_TRUE(has(limited.err, "did not answer within 30 s")) << limited.err;
  EXPECT_EQ(left_behind(), "");
}

}  // namespace
}  // namespace cloche::testing
