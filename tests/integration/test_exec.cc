// A further command in a sandbox that runs: where it lands, what it may, how it ends, and who can reach it.
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>

#include "base/text.h"
#include "project.h"
#include "support/terminal.h"

namespace cloche::testing {
namespace {

/// A sandbox that waits to be entered; its first command has told what `first` prints.
class ARunningSandbox : public ::testing::Test {
 protected:
  void start(const std::vector<std::string>& options, const std::string& first = "true") {
    project_.cloche.options = {"--no-tty", "--name", name_};
    project_.cloche.options.insert(project_.cloche.options.end(), options.begin(), options.end());
    running_ = std::make_unique<Running>(
        project_.cloche.command({"sh", "-c", first + " >first; echo ready; exec sleep 1000"}));
    ASSERT_TRUE(running_->wait_for("ready"));
  }
  Command entering(const std::vector<std::string>& words,
                   const std::vector<std::string>& options = {}) const {
    Command command{.words = {cloche_binary(), "exec", name_}, .directory = project_.path()};
    command.words.insert(command.words.end(), options.begin(), options.end());
    command.words.push_back("--");
    command.words.insert(command.words.end(), words.begin(), words.end());
    return command;
  }
  Ended exec(const std::vector<std::string>& words, const std::vector<std::string>& options = {}) const {
    return run(entering(words, options));
  }
  Ended sh(const std::string& script) const { return exec({"sh", "-c", script}); }
  bool is_running() const { return exec({"true"}).status == 0; }
  std::string told_first() const { return text_of(project_.at("first")); }

  Project project_;
  const std::string name_ = "exec-" + std::to_string(::getpid());
  std::unique_ptr<Running> running_;
};

const std::string kNamespaces = "for kind in user mnt pid ipc uts net; do readlink /proc/self/ns/$kind; done";
const std::string kPrivileges =
    "grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp)' /proc/self/status; umask; ulimit -a; pwd; env | grep "
    "-v "
    "^_= | sort";

TEST_F(ARunningSandbox, IsEnteredInAllItsNamespaces) {
  start({}, kNamespaces);
  const Ended ended = sh(kNamespaces);
  EXPECT_EQ(ended.status, 0) << ended;
  EXPECT_EQ(ended.out, told_first());
  EXPECT_EQ(split(ended.out, '\n').size(), 7u) << ended;
}

TEST_F(ARunningSandbox, GivesAFurtherCommandThePrivilegesOfTheFirst) {
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{},
        {"--map", "single"},
        {"--as", "root"},
        {"--net", "host"},
        {"--seccomp", "none"},
        {"--as", "root", "--cap", "net_raw", "--rlimit", "nofile=99", "--env", "X=y"}}) {
    SCOPED_TRACE(join(options, " "));
    start(options, "{ " + kPrivileges + "; }");
    const Ended ended = sh(kPrivileges);
    EXPECT_EQ(ended.status, 0) << ended;
    EXPECT_EQ(ended.out, told_first());
    running_.reset();
  }
}

TEST_F(ARunningSandbox, GivesAFurtherCommandItsLandlockRules) {
  start({"--seccomp", "none", "--allow", "ptrace"});
  const Ended ended = sh("echo x >/usr/x; echo x >/etc/x; : >allowed && echo wrote");
  EXPECT_EQ(ended.out, "wrote\n") << ended;
}

TEST_F(ARunningSandbox, RefusesAWritablePlaceThatNowIsALink) {
  make_folder(project_.at("shared"));
  start({"--rw", project_.at("shared") + ":/tmp/a/b"});
  ASSERT_EQ(sh("mv /tmp/a /tmp/z && mkdir /tmp/a && ln -s /etc /tmp/a/b").status, 0);
  const Ended ended = exec({"true"});
  EXPECT_EQ(ended.status, 125) << ended;
  EXPECT_NE(ended.err.find("Landlock"), std::string::npos) << ended;
}

TEST_F(ARunningSandbox, IsNotEnteredByANoteThatLacksAPartOfThePolicy) {
  const TemporaryFolder runtime;
  project_.cloche.variables = {"XDG_RUNTIME_DIR=" + runtime.path()};
  start({});
  Command command = entering({"true"});
  command.variables = project_.cloche.variables;
  const std::string note = runtime.at("cloche/" + name_ + ".json"), whole = text_of(note);
  EXPECT_EQ(run(command).status, 0);
  for (const char* key :
       {"\"filter\":\"", "\"capabilities\":", "\"scope_signals\":", "\"inode\":", "\"made_by\":\""}) {
    std::string forged = whole;
    const std::size_t at = forged.find(key);
    ASSERT_NE(at, std::string::npos) << key;
    const std::size_t value = at + std::string(key).size();
    // The filter is emptied; of the rest the key, or the value, is another.
    if (std::string(key) == "\"filter\":\"")
      forged.erase(value, forged.find('"', value) - value);
    else if (forged[value - 1] == ':')
      forged[at + 1] = 'X';
    else
      forged[value] = 'X';
    write_file(note, forged);
    EXPECT_EQ(run(command).status, 125) << key;
  }
  write_file(note, whole);
  EXPECT_EQ(run(command).status, 0);
}

TEST_F(ARunningSandbox, ReportsTheStatusOfAFurtherCommandAsRunDoes) {
  start({});
  EXPECT_EQ(sh("exit 7").status, 7);
  EXPECT_EQ(sh("kill -TERM $$").status, 128 + SIGTERM);
  EXPECT_EQ(exec({"no-such-command"}).status, 127);
  EXPECT_EQ(exec({"/etc/passwd"}).status, 126);
  EXPECT_EQ(exec({"true"}, {"--workdir", "/nowhere"}).status, 125);
}

TEST_F(ARunningSandbox, TakesVariablesAndAFolderForAFurtherCommand) {
  start({});
  EXPECT_EQ(exec({"sh", "-c", "echo $A; pwd"}, {"--env", "A=b c", "--workdir", "/tmp"}).out, "b c\n/tmp\n");
}

TEST_F(ARunningSandbox, PassesInputAndOutputThrough) {
  start({});
  Command command = entering({"cat"});
  for (int i = 0; i < 100000; ++i) command.input += "line\n";
  const Ended ended = run(command);
  EXPECT_EQ(ended.status, 0);
  EXPECT_TRUE(ended.out == command.input);
}

TEST_F(ARunningSandbox, ShowsTheFirstCommandNothingOfTheOneThatEnters) {
  start({"--env", "TOKEN=inside"});
  Command command = entering({"sh", "-c", "ls /proc/self/fd; cat /proc/self/environ"});
  command.variables = {"SECRET_OF_THE_CALLER=1"};
  const Ended ended = run(command);
  EXPECT_EQ(ended.out.find("SECRET_OF_THE_CALLER"), std::string::npos) << ended;
  EXPECT_EQ(ended.out.substr(0, 8), "0\n1\n2\n3\n") << ended;
}

TEST_F(ARunningSandbox, CannotReadTheMemoryOfTheOneThatEnters) {
  // Nothing but the order of entering keeps the same user inside from this: the policy is as weak as it gets.
  start({"--allow", "ptrace", "--seccomp", "none", "--landlock", "off", "--map", "single"});
  write_file(project_.at("spy"), R"(import os
print("ready", flush=True)
while not os.path.exists("stop"):
    for one in os.listdir("/proc"):
        try:
            if one.isdigit() and b"SECRET_OF_THE_CALLER" in open(f"/proc/{one}/environ", "rb").read():
                open("stolen", "a").write(one + "\n")
        except OSError:
            pass
)");
  Running spy(entering({"python3", "spy"}));
  ASSERT_TRUE(spy.wait_for("ready"));
  for (int i = 0; i < 40; ++i) {
    Command command = entering({"true"});
    command.variables = {"SECRET_OF_THE_CALLER=1"};
    EXPECT_EQ(run(command).status, 0);
  }
  write_file(project_.at("stop"), "");
  EXPECT_EQ(spy.wait().status, 0);
  EXPECT_EQ(text_of(project_.at("stolen")), "");
}

TEST_F(ARunningSandbox, HandsSignalsToAFurtherCommand) {
  start({"--as", "5:5"});
  Running running(entering({"bash", "-c", "trap 'echo caught; exit 9' TERM; sleep 1000 & echo ready; wait"}));
  ASSERT_TRUE(running.wait_for("ready"));
  running.signal(SIGTERM);
  EXPECT_EQ(running.wait().status, 9);
}

TEST_F(ARunningSandbox, EndsAFurtherCommandWithTheOneThatEntered) {
  start({});
  {
    Running running(entering({"sh", "-c", "echo ready; exec sleep 4321"}));
    ASSERT_TRUE(running.wait_for("ready"));
    running.signal(SIGKILL);
    running.wait();
  }
  const Ended ended =
      sh("i=0; while pgrep -fx 'sleep 4321'; do i=$((i+1)); [ $i -lt 100 ] || exit 1; sleep 0.1; done");
  EXPECT_EQ(ended.status, 0) << ended;
}

TEST_F(ARunningSandbox, TakesAFurtherCommandAlongWhenItEnds) {
  start({});
  Running running(entering({"sh", "-c", "echo ready; exec sleep 1000"}));
  ASSERT_TRUE(running.wait_for("ready"));
  running_->signal(SIGTERM);
  running_->wait();
  EXPECT_EQ(running.wait().status, 128 + SIGKILL);
  EXPECT_EQ(left_behind(), "");
}

TEST_F(ARunningSandbox, GivesAFurtherCommandATerminalOfItsOwn) {
  start({});
  Terminal terminal(entering({"sh", "-c", "tty; : </dev/tty && echo own; exec sleep 1000"}));
  const termios before = terminal.modes();
  EXPECT_TRUE(terminal.shows("/dev/pts/")) << terminal.screen();
  EXPECT_TRUE(terminal.shows("own")) << terminal.screen();
  terminal.type(Terminal::kInterrupt);
  EXPECT_EQ(terminal.wait(), 128 + SIGINT) << terminal.screen();
  EXPECT_TRUE(same_modes(before, terminal.modes()));
}

TEST_F(ARunningSandbox, GivesAFurtherCommandNoTerminalOfTheCallers) {
  start({});
  Terminal terminal(entering({"sh", "-c", "(: </dev/tty) 2>/dev/null || echo none"}, {"--no-tty"}));
  EXPECT_TRUE(terminal.shows("none")) << terminal.screen();
  EXPECT_EQ(terminal.wait(), 0);
}

TEST_F(ARunningSandbox, IsWatchedAndKilledFromATerminal) {
  start({});
  Terminal terminal({.words = {cloche_binary(), "stats", "--watch", name_}});
  const termios before = terminal.modes();
  ASSERT_TRUE(terminal.shows("> " + name_)) << terminal.screen();
  terminal.type("p");  // without a cgroup it cannot be paused, and says why
  EXPECT_TRUE(terminal.shows(name_ + "': it runs without a cgroup")) << terminal.screen();
  terminal.type("x");
  ASSERT_TRUE(terminal.shows("Kill everything in " + name_ + "? y/n")) << terminal.screen();
  terminal.type("n");
  terminal.type("s");
  ASSERT_TRUE(terminal.shows("by cpu")) << terminal.screen();
  EXPECT_TRUE(is_running());
  terminal.type("x");
  ASSERT_TRUE(terminal.shows("y/n")) << terminal.screen();
  terminal.type("y");
  EXPECT_EQ(running_->wait().status, 128 + SIGKILL);
  EXPECT_EQ(terminal.wait(), 0) << terminal.screen();
  EXPECT_TRUE(same_modes(before, terminal.modes()));
}

TEST_F(ARunningSandbox, LeavesTheTerminalAsItWasWhenTheWatchIsTerminated) {
  start({});
  Terminal terminal({.words = {cloche_binary(), "stats", "--watch"}});
  const termios before = terminal.modes();
  ASSERT_TRUE(terminal.shows(name_)) << terminal.screen();
  ::kill(terminal.pid(), SIGTERM);
  EXPECT_EQ(terminal.wait(), 0);
  EXPECT_TRUE(same_modes(before, terminal.modes()));
}

TEST(ASandboxThatDoesNotRun, IsRefusedByExec) {
  const Ended ended = run({.words = {cloche_binary(), "exec", "nobody", "--", "true"}});
  EXPECT_EQ(ended.status, 125);
  EXPECT_NE(ended.err.find("no sandbox named 'nobody'"), std::string::npos) << ended;
}

}  // namespace
}  // namespace cloche::testing
