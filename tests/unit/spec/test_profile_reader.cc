#include "spec/profile_reader.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace cloche {
namespace {

const Variables kVariables = profile_variables({{"XDG_CACHE_HOME", "/caches"}, {"XDG_DATA_HOME", "relative"}},
                                               "/home/ann", "ann", "/home/ann/pro:ject", "/run/user/7");

ProfileText read(std::string_view text) {
  return read_profile(text, "/p/x.toml", kVariables);
}

Spec spec_of(std::string_view text) {
  const ProfileText profile = read(text);
  for (const Problem& problem : profile.problems) ADD_FAILURE() << problem_words(problem);
  Spec spec;
  for (const Said& said : profile.said) apply(spec, said);
  return spec;
}

/// The words of the only problem, the remedy after a semicolon.
std::string problem_of(std::string_view text) {
  const ProfileText profile = read(text);
  if (profile.problems.size() != 1) return std::to_string(profile.problems.size()) + " problems";
  return problem_words(profile.problems.front()) + "; " + profile.problems.front().remedy;
}

TEST(AProfile, SaysWhatTheOptionsSay) {
  const Spec spec = spec_of(R"(
description = "all of it"
[view]
here = "ro"
ro = ["/a:/b"]
rw-if-present = ["/c"]
tmpfs = ["/t:1M"]
hide = ["/h"]
workdir = "/w"
[identity]
as = 1000
map = "single"
hostname = "box"
[environment]
set = {A = "1", B = "x=y"}
pass = ["LC_*"]
[network]
mode = "host"
tcp-connect = [443]
[limits]
memory = "2G"
memory-high = 1048576
cpus = 1.5
tasks = 64
io-max = ["/dev/sda:rbps=10M"]
cpuset = "0-1"
timeout = "10m"
[limits.rlimits]
nofile = "1024:4096"
core = 0
[syscalls]
base = "none"
allow = ["ptrace"]
deny = ["@keyring"]
[capabilities]
keep = ["CAP_NET_BIND_SERVICE"]
[landlock]
mode = "require"
[policy]
allow = ["ptrace"]
require = ["landlock"]
apparmor = "a"
selinux-label = "b"
)");
  EXPECT_EQ(spec.here, HereMode::read_only);
  ASSERT_EQ(spec.view.size(), 4u);
  EXPECT_EQ(spec.view[0], (ViewChange{ViewChange::Kind::ro, "/a", "/b", {}}));
  EXPECT_EQ(spec.view[1], (ViewChange{ViewChange::Kind::rw, "/c", "", {}, true}));
  EXPECT_EQ(spec.view[2], (ViewChange{ViewChange::Kind::tmpfs, "", "/t", 1048576}));
  EXPECT_EQ(spec.view[3], (ViewChange{ViewChange::Kind::hide, "", "/h", {}}));
  EXPECT_EQ(spec.workdir, "/w");
  EXPECT_EQ(spec.as, (As{As::Kind::ids, 1000, 1000}));
  EXPECT_EQ(spec.map, MapMode::single);
  EXPECT_EQ(spec.hostname, "box");
  EXPECT_EQ(spec.environment, (std::vector<EnvironmentChange>{{"A", "1"}, {"B", "x=y"}}));
  EXPECT_EQ(spec.pass_environment, std::vector<std::string>{"LC_*"});
  EXPECT_EQ(spec.net, NetMode::host);
  EXPECT_EQ(spec.limits.memory, 2147483648u);
  EXPECT_EQ(spec.limits.memory_high, 1048576u);
  EXPECT_EQ(spec.limits.cpus, 1500u);
  EXPECT_EQ(spec.limits.tasks, 64u);
  EXPECT_EQ(spec.limits.timeout, std::chrono::minutes(10));
  EXPECT_EQ(spec.limits.rlimits, (std::vector<ResourceLimit>{{"nofile", 1024, 4096}, {"core", 0, 0}}));
  EXPECT_EQ(spec.policy.seccomp, "none");
  ASSERT_EQ(spec.policy.syscalls.size(), 2u);
  EXPECT_EQ(spec.policy.syscalls[1].action, SyscallRule::Action::error);
  EXPECT_EQ(spec.policy.capabilities, std::vector<std::string>{"net_bind_service"});
  EXPECT_EQ(spec.policy.tcp_connect, std::vector<std::uint16_t>{443});
  EXPECT_EQ(spec.policy.landlock, LandlockMode::require);
}

TEST(AProfile, KeepsTheOrderOfItsView) {
  const Spec spec = spec_of("[view]\ntmpfs = ['/z']\nhide = ['/b']\nro = ['/y', '/a']\n");
  std::string order;
  for (const ViewChange& change : spec.view) order += change.source + change.destination + " ";
  EXPECT_EQ(order, "/z /b /y /a ");
}

TEST(AProfile, SaysWhereEachValueStands) {
  const ProfileText profile = read("[limits]\ntasks = 7\n[view]\nro = [\n  '/a',\n  '/b',\n]\n");
  ASSERT_EQ(profile.said.size(), 3u);
  EXPECT_EQ(profile.said[0].place, (TextPlace{2, 9}));
  EXPECT_EQ(profile.said[2].place, (TextPlace{6, 3}));
  EXPECT_EQ(path_of(*profile.said[2].key), "view.ro");
}

TEST(AWrongProfile, NamesTheNearestKeyForAMisspeltOne) {
  EXPECT_EQ(problem_of("[limits]\nmemroy = '1G'"),
            "/p/x.toml:2:1: [limits] has no key 'memroy'; did you mean memory?");
  EXPECT_EQ(problem_of("[limts]\nmemory = '1G'"),
            "/p/x.toml:1:2: there is no section 'limts'; did you mean limits?");
  EXPECT_EQ(problem_of("[view]\ntimeout = '1h'"),
            "/p/x.toml:2:1: [view] has no key 'timeout'; it belongs into [limits]");
  EXPECT_EQ(problem_of("desciption = ''"),
            "/p/x.toml:1:1: there is no key at the top called 'desciption'; did you mean description?");
}

TEST(AWrongProfile, NamesTheKindThatAKeyTakes) {
  EXPECT_EQ(problem_of("[view]\nro = '/a'"), "/p/x.toml:2:6: view.ro takes a list of texts, not a text; ");
  EXPECT_EQ(problem_of("[view]\nro = ['/a', 7]"),
            "/p/x.toml:2:13: view.ro takes a list of texts, not a number; ");
  EXPECT_EQ(problem_of("[limits]\ntasks = true"),
            "/p/x.toml:2:9: limits.tasks takes a text or a number, not true or false; ");
  EXPECT_EQ(problem_of("view = 1"),
            "/p/x.toml:1:1: view is a section, not a number; write [view] and its keys below");
  EXPECT_EQ(problem_of("description = 1979-05-27"),
            "/p/x.toml:1:15: description takes a text, not a date or time; ");
}

TEST(AWrongProfile, HoldsEachValueToItsRange) {
  for (const char* wrong :
       {"limits.tasks = 0", "limits.tasks = -1", "limits.memory = '2X'", "limits.cpus = nan",
        "limits.cpus = inf", "limits.cpu-weight = 10001", "network.tcp-bind = [65536]",
        "network.mode = 'bridge'", "limits.rlimits.files = 1", "limits.rlimits.nofile = '2:1'",
        "identity.hostname = '-'", "environment.set = {'' = 'x'}", "environment.set = {'a=b' = 'x'}",
        "environment.set = {A = \"\\u0000\"}", "view.hide = [\"/a\\u0000b\"]", "landlock.mode = 'on'",
        "capabilities.keep = ['']", "view.tmpfs = ['/t:0']", "limits.timeout = 'soon'"})
    EXPECT_EQ(read(wrong).problems.size(), 1u) << wrong;
}

TEST(AWrongProfile, IsToldAllThatIsWrong) {
  const ProfileText profile = read("[view]\nrx = []\n[limits]\ntasks = 0\n[nowhere]\n");
  ASSERT_EQ(profile.problems.size(), 3u);
  EXPECT_EQ(profile.problems[0].place.line, 2u);
  EXPECT_EQ(profile.problems[1].place.line, 4u);
  EXPECT_EQ(profile.problems[2].place.line, 5u);
}

TEST(ATextThatIsNoToml, IsRefusedWithItsPlace) {
  for (const char* wrong : {"a", "[view", "[view]\n[view]\n", "a = 1\na = 2", "description = \"\xff\"", "= 1",
                            "a = '", "a = 99999999999999999999", "a = \"\\q\""}) {
    const ProfileText profile = read(wrong);
    ASSERT_EQ(profile.problems.size(), 1u) << wrong;
    EXPECT_GE(profile.problems.front().place.line, 1u) << wrong;
    EXPECT_NE(problem_words(profile.problems.front()).find("this is no TOML: "), std::string::npos) << wrong;
  }
}

TEST(ALetterOutsideOfAscii, IsNoNameAndNoSpace) {
  for (const char* wrong :
       {"ä", "äݤ = 1", "[view]ä", "hostname = 'x' ä", "description = \"\"\"\\ä\"\"\"", "[ä]"}) {
    const ProfileText profile = read(wrong);
    ASSERT_EQ(profile.problems.size(), 1u) << wrong;
    EXPECT_NE(problem_words(profile.problems.front()).find("this is no TOML: "), std::string::npos) << wrong;
  }
  EXPECT_TRUE(read("description = \"\"\"one \\\n ä\"\"\" # ä").problems.empty());
}

TEST(AnOpenBracketAtTheEndOfItsLine, IsAnErrorWithItsLine) {
  EXPECT_EQ(problem_of("description = ''\n\n[\nx = 1\n"),
            "/p/x.toml:3:1: this is no TOML: a key or a value cannot be read; ");
}

TEST(DeepNesting, IsRefusedBeforeItCostsTheStack) {
  std::string dotted = "a", keyed = "[view]\nx", inner = "x", lists = "x = ";
  for (int i = 0; i < 50000; ++i) {
    dotted += ".a";
    keyed += ".y";
    inner += "={x";
    lists += "[";
  }
  for (const std::string& deep :
       {dotted + " = 1", "[" + dotted + "]", "[[" + dotted + "]]", keyed + " = 1", inner, lists}) {
    const ProfileText profile = read(deep);
    ASSERT_EQ(profile.problems.size(), 1u);
    EXPECT_NE(profile.problems.front().what.find("nested"), std::string::npos);
  }
}

TEST(DotsInTexts, AreNotNesting) {
  const std::string dots(100, '.');
  spec_of("description = '" + dots + "'\n# " + dots + "\nenvironment.set = {A = \"\"\"" + dots +
          "\"\"\", B = '''" + dots + "\n'" + dots + "''', C = \"\\\"" + dots + "\"}\n");
}

TEST(Variables, StandForThePersonsFolders) {
  EXPECT_EQ(expand("$HOME/a", kVariables), "/home/ann/a");
  EXPECT_EQ(expand("${USER}s", kVariables), "anns");
  EXPECT_EQ(expand("$XDG_CACHE_HOME $XDG_DATA_HOME $XDG_CONFIG_HOME", kVariables),
            "/caches /home/ann/.local/share /home/ann/.config");
  EXPECT_EQ(expand("$$HOME", kVariables), "$HOME");
  EXPECT_EQ(expand("$PWD", kVariables, true), "/home/ann/pro\\:ject");
}

TEST(Variables, ThatDoNotExistAreAnErrorWithTheirPlace) {
  EXPECT_EQ(problem_of("[view]\nro = ['$HOM/a']"),
            "/p/x.toml:2:7: view.ro: there is no variable '$HOM'; did you mean $HOME?");
  for (const char* wrong : {"$", "a$", "${HOME", "$/x", "${}", "$1", "${HOME/x}"})
    EXPECT_THROW(expand(wrong, kVariables), UsageError) << wrong;
  EXPECT_THROW(expand("$PWD", profile_variables({}, "/h", "u", "", "")), UsageError);
}

TEST(AFolderWithAColon, StaysOnePath) {
  const Spec spec = spec_of("[view]\nro = ['$PWD/a:/b']\nhide = ['$PWD']\n");
  EXPECT_EQ(spec.view[0].source, "/home/ann/pro:ject/a");
  EXPECT_EQ(spec.view[0].destination, "/b");
  EXPECT_EQ(spec.view[1].destination, "/home/ann/pro:ject");
}

TEST(ARelativePath, IsRefusedWithWhatToWrite) {
  EXPECT_EQ(problem_of("[view]\nro = ['src']"),
            "/p/x.toml:2:7: view.ro: 'src' is not an absolute path; say from where: $PWD/… is the current "
            "folder, $HOME/… your home");
  EXPECT_EQ(problem_of("[view]\nhide = ['~/x']"),
            "/p/x.toml:2:9: view.hide: '~/x' is not an absolute path; write $HOME for your home folder");
}

TEST(AFileThatAProfileNames, LiesBesideIt) {
  const ProfileText profile = read("extends = ['build', 'a.toml', '../b', '/c.toml', '$HOME/d.toml']");
  std::string files;
  for (const Said& said : profile.extends) files += said.value + " ";
  EXPECT_EQ(files, "build /p/a.toml /p/../b /c.toml /home/ann/d.toml ");
}

TEST(ARule, HasNamesAnActionAndConditions) {
  const Spec spec = spec_of(R"(
[[syscalls.rules]]
names = ["clone", "@debug"]
action = "errno"
errno = "ENOSYS"
when = [{argument = 0, compare = "&", mask = 0x10, value = 0}, {argument = 5, value = "0xffffffffffffffff"}]
[[syscalls.rules]]
names = ["read"]
action = "kill"
)");
  ASSERT_EQ(spec.policy.syscalls.size(), 2u);
  const SyscallRule& rule = spec.policy.syscalls[0];
  EXPECT_EQ(rule.names, (std::vector<std::string>{"clone", "@debug"}));
  EXPECT_EQ(rule.error, 38u);
  ASSERT_EQ(rule.when.size(), 2u);
  EXPECT_EQ(rule.when[0], (SyscallRule::Condition{0, "&", 0, 0x10}));
  EXPECT_EQ(rule.when[1], (SyscallRule::Condition{5, "==", ~std::uint64_t{0}}));
  EXPECT_EQ(spec.policy.syscalls[1].action, SyscallRule::Action::kill);
}

TEST(AWrongRule, IsRefusedPartByPart) {
  for (const char* wrong :
       {"names = ['a']", "action = 'kill'", "names = ['a']\naction = 'deny'", "names = 'a'\naction = 'kill'",
        "names = ['a']\naction = 'kill'\nerrno = 'EPERM'", "names = ['a']\naction = 'errno'\nerrno = 'EWHAT'",
        "names = ['a']\naction = 'errno'\nerrno = 0", "names = ['a']\naction = 'kill'\nwhen = 1",
        "names = ['a']\naction = 'kill'\nwhen = [{argument = 6, value = 0}]",
        "names = ['a']\naction = 'kill'\nwhen = [{argument = 0}]",
        "names = ['a']\naction = 'kill'\nwhen = [{argument = 0, value = -1}]",
        "names = ['a']\naction = 'kill'\nwhen = [{argument = 0, value = 0, mask = 1}]",
        "names = ['a']\naction = 'kill'\nwhen = [{argument = 0, value = 0, compare = '&'}]",
        "names = ['a']\naction = 'kill'\nwhen = [{argument = 0, value = 0, compare = '='}]",
        "names = ['a']\naction = 'kill'\nwhen = [{argument = 0, value = '0x'}]",
        "names = ['a']\naction = 'kill'\nif = 1"})
    EXPECT_EQ(read(std::string("[[syscalls.rules]]\n") + wrong).problems.size(), 1u) << wrong;
}

TEST(WhatALayerAboveKnows, IsAProblemAtItsPlace) {
  const auto check = [](const ProfileKey& key, const std::string& value) {
    if (path_of(key).starts_with("syscalls.") && value == "opne")
      throw UsageError("there is no system call 'opne'", "did you mean open?");
  };
  const ProfileText profile = read_profile(
      "[syscalls]\nallow = ['read', 'opne']\n[[syscalls.rules]]\nnames = ['opne']\naction = 'log'\n",
      "x.toml", kVariables, check);
  ASSERT_EQ(profile.problems.size(), 2u);
  EXPECT_EQ(problem_words(profile.problems[0]),
            "x.toml:2:18: syscalls.allow: there is no system call 'opne'");
  EXPECT_EQ(profile.said.size(), 1u);
}

TEST(TheTableOfKeys, NamesEachKeyOnce) {
  for (const ProfileKey& key : profile_keys()) {
    EXPECT_EQ(find_profile_key(path_of(key)), &key) << path_of(key);
    EXPECT_NE(std::string(key.about), "") << path_of(key);
    EXPECT_NE(std::string(key.about).back(), '.') << path_of(key);
  }
}

}  // namespace
}  // namespace cloche
