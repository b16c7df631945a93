#include "policy/seccomp_file.h"

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <random>
#include <sstream>

#include "base/error.h"
#include "policy/rules_of_call.h"
#include "unit/policy/bpf_machine.h"

namespace cloche {
namespace {

using Kind = Action::Kind;
using Compare = Condition::Compare;
constexpr Action kAllow{Kind::allow, 0};

const SeccompContext kHere = {{"chown", "net_admin"}, Machine::x86_64, 6, 1};

SeccompFile read(const std::string& text, const SeccompContext& context = kHere) {
  return read_seccomp_file(text, "filter.json", context);
}

std::string refusal(const std::string& text) {
  try {
    read(text);
  } catch (const Error& error) {
    return std::string(error.what()) + "; " + error.remedy();
  }
  return "accepted";
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A runtime's filter of these rules, all else is EPERM.
std::string oci(const std::string& rules) {
  return R"({"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [)" +
         rules + "]}";
}

TEST(AnOciFilter, IsItsDefaultAndItsRules) {
  const SeccompFile file = read(R"({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "syscalls": [
    {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
    {"names": ["mount"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13},
    {"names": ["getpid"], "action": "SCMP_ACT_KILL_PROCESS"}, {"names": ["getuid"], "action": "SCMP_ACT_KILL"},
    {"names": ["getgid"], "action": "SCMP_ACT_TRACE", "errnoRet": 7}, {"names": ["time"], "action": "SCMP_ACT_LOG"},
    {"names": ["getppid"], "action": "SCMP_ACT_TRAP"}]})");
  EXPECT_EQ(file.format, SeccompFile::Format::oci);
  EXPECT_EQ(file.policy.unknown, (Action{Kind::error, ENOSYS}));
  EXPECT_EQ(decide(file.policy, "read", {}), kAllow);
  EXPECT_EQ(decide(file.policy, "mount", {}), (Action{Kind::error, EACCES}));
  EXPECT_EQ(decide(file.policy, "getpid", {}).kind, Kind::kill);
  EXPECT_EQ(decide(file.policy, "getuid", {}).kind, Kind::kill_thread);
  EXPECT_EQ(decide(file.policy, "getgid", {}), (Action{Kind::trace, 7}));
  EXPECT_EQ(decide(file.policy, "time", {}).kind, Kind::log);
  EXPECT_EQ(decide(file.policy, "getppid", {}).kind, Kind::trap);
  EXPECT_EQ(decide(file.policy, "openat", {}), (Action{Kind::error, ENOSYS}));
}

TEST(AnOciFilter, IsFoundWithinAWholeConfiguration) {
  const SeccompFile file = read(R"({"ociVersion": "1.0.2", "process": {}, "linux": {"seccomp": )" +
                                oci(R"({"names": ["read"], "action": "SCMP_ACT_ALLOW"})") + "}}");
  EXPECT_EQ(decide(file.policy, "read", {}), kAllow);
  EXPECT_TRUE(says(refusal(R"({"ociVersion": "1.0.2", "linux": {}})"), "/linux/seccomp"));
}

TEST(ARuleWithTheDefaultsAction, SaysNothing) {
  const SeccompFile file = read(oci(R"({"names": ["read"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1},
    {"names": ["read"], "action": "SCMP_ACT_ALLOW"})"));
  EXPECT_EQ(decide(file.policy, "read", {}), kAllow);
}

TEST(AMaskedComparison, TakesValueAsTheMaskAndValueTwoAsTheValue) {
  const SeccompFile file = read(oci(R"({"names": ["clone"], "action": "SCMP_ACT_ALLOW",
    "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]})"));
  EXPECT_EQ(decide(file.policy, "clone", {17}), kAllow);
  EXPECT_EQ(decide(file.policy, "clone", {0x10000000}).kind, Kind::error);
}

TEST(AMaskedComparison, IgnoresBitsOfTheValueOutsideTheMaskAndAnEmptyMask) {
  const SeccompFile file = read(oci(R"({"names": ["read"], "action": "SCMP_ACT_ALLOW",
    "args": [{"index": 0, "value": 3, "valueTwo": 6, "op": "SCMP_CMP_MASKED_EQ"}]},
    {"names": ["write"], "action": "SCMP_ACT_ALLOW",
    "args": [{"index": 0, "value": 0, "valueTwo": 6, "op": "SCMP_CMP_MASKED_EQ"}]})"));
  EXPECT_EQ(decide(file.policy, "read", {2}), kAllow);
  EXPECT_EQ(decide(file.policy, "read", {3}).kind, Kind::error);
  EXPECT_EQ(decide(file.policy, "write", {99}), kAllow);
}

TEST(OneArgumentTwiceInARule, MeansEitherOfAllItsConditions) {
  const SeccompFile file = read(oci(R"({"names": ["read"], "action": "SCMP_ACT_ALLOW",
    "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}, {"index": 0, "value": 2, "op": "SCMP_CMP_EQ"},
             {"index": 1, "value": 5, "op": "SCMP_CMP_EQ"}]})"));
  EXPECT_EQ(decide(file.policy, "read", {1, 0}), kAllow);
  EXPECT_EQ(decide(file.policy, "read", {2, 0}), kAllow);
  EXPECT_EQ(decide(file.policy, "read", {3, 5}), kAllow);
  EXPECT_EQ(decide(file.policy, "read", {3, 0}).kind, Kind::error);
}

TEST(Names, ThatLibseccompDoesNotKnowArePassedOverAndListed) {
  const SeccompFile file = read(oci(R"({"names": ["read", "from_the_future"], "action": "SCMP_ACT_ALLOW"})"));
  EXPECT_EQ(file.passed_over, std::vector<std::string>{"from_the_future"});
  EXPECT_EQ(decide(file.policy, "read", {}), kAllow);
}

TEST(ForeignArchitectures, AreListed) {
  const SeccompFile file = read(R"({"defaultAction": "SCMP_ACT_ALLOW",
    "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]})");
  EXPECT_EQ(file.foreign, (std::vector<std::string>{"SCMP_ARCH_X86", "SCMP_ARCH_X32"}));
}

TEST(Flags, AreHonouredOrRefusedByName) {
  const auto with = [](const std::string& flag) {
    return R"({"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_)" + flag + "\"]}";
  };
  EXPECT_EQ(read(with("TSYNC")).load_flags, 0u);
  EXPECT_EQ(read(with("LOG")).load_flags, 2u);
  EXPECT_EQ(read(with("SPEC_ALLOW")).load_flags, 4u);
  EXPECT_TRUE(says(refusal(with("WAIT_KILLABLE_RECV")), "SCMP_ACT_NOTIFY"));
  EXPECT_TRUE(says(refusal(with("LOGS")), "did you mean SECCOMP_FILTER_FLAG_LOG?"));
}

std::string engines(const std::string& rule) {
  return R"({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "defaultErrno": "ENOSYS", "archMap": [
    {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]},
    {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]}], "syscalls": [)" +
         rule + "]}";
}

bool takes(const std::string& conditions, const SeccompContext& context = kHere) {
  const SeccompFile file =
      read(engines(R"({"names": ["read"], "action": "SCMP_ACT_ALLOW", )" + conditions + "}"), context);
  return decide(file.policy, "read", {}) == kAllow;
}

TEST(AnEnginesProfile, ChoosesItsRulesByCapabilitiesMachineAndKernel) {
  EXPECT_TRUE(takes(R"("includes": {"caps": ["CAP_CHOWN"]})"));
  EXPECT_TRUE(takes(R"("includes": {"caps": ["CAP_CHOWN", "CAP_NET_ADMIN"]})"));
  EXPECT_FALSE(takes(R"("includes": {"caps": ["CAP_CHOWN", "CAP_SYS_ADMIN"]})"));
  EXPECT_FALSE(takes(R"("excludes": {"caps": ["CAP_SYS_ADMIN", "CAP_CHOWN"]})"));
  EXPECT_TRUE(takes(R"("excludes": {"caps": ["CAP_SYS_ADMIN"]})"));
  EXPECT_TRUE(takes(R"("includes": {"arches": ["amd64", "x32"]})"));
  EXPECT_FALSE(takes(R"("includes": {"arches": ["arm64"]})"));
  EXPECT_TRUE(takes(R"("includes": {"arches": ["arm64"]})", {{}, Machine::aarch64, 6, 1}));
  EXPECT_FALSE(takes(R"("excludes": {"arches": ["amd64"]})"));
  EXPECT_TRUE(takes(R"("includes": {"minKernel": "4.8"})"));
  EXPECT_TRUE(takes(R"("includes": {"minKernel": "6.1"})"));
  EXPECT_FALSE(takes(R"("includes": {"minKernel": "6.10"})"));
  EXPECT_FALSE(takes(R"("excludes": {"minKernel": "4.8"})"));
  EXPECT_FALSE(takes(R"("includes": {"arches": ["amd64"], "minKernel": "7.0"})"));
}

TEST(AnEnginesProfile, TakesErrnosByNameAndTheOldSingleName) {
  const SeccompFile file = read(engines(R"({"name": "read", "action": "SCMP_ACT_ERRNO", "errno": "EINVAL",
    "errnoRet": 22}, {"names": ["write"], "action": "SCMP_ACT_ERRNO", "errno": "5"})"));
  EXPECT_EQ(file.format, SeccompFile::Format::engine);
  EXPECT_EQ(file.policy.unknown, (Action{Kind::error, ENOSYS}));
  EXPECT_EQ(decide(file.policy, "read", {}), (Action{Kind::error, EINVAL}));
  EXPECT_EQ(decide(file.policy, "write", {}), (Action{Kind::error, EIO}));
  EXPECT_EQ(file.foreign, std::vector<std::string>{"SCMP_ARCH_X86"});
}

TEST(Mistakes, AreNamedWithTheirPlace) {
  EXPECT_TRUE(says(refusal("{\n  \"defaultAction\": SCMP\n}"), "'filter.json', line 2, column 20"));
  EXPECT_TRUE(says(refusal(""), "line 1, column 1"));
  EXPECT_TRUE(says(refusal("[]"), "an object is expected"));
  EXPECT_TRUE(says(refusal("{}"), "defaultAction is missing"));
  EXPECT_TRUE(says(refusal(R"({"defaultAction": "SCMP_ACT_ALOW"})"),
                   "at /defaultAction: there is no action 'SCMP_ACT_ALOW'; did you mean SCMP_ACT_ALLOW?"));
  EXPECT_TRUE(says(refusal(R"({"defaultAction": "SCMP_ACT_NOTIFY"})"), "listener"));
  EXPECT_TRUE(
      says(refusal(R"({"defaultAction": "SCMP_ACT_ALLOW", "syscals": []})"), "did you mean syscalls?"));
  EXPECT_TRUE(
      says(refusal(oci(R"({"names": "read", "action": "SCMP_ACT_ALLOW"})")), "/syscalls/0/names: a list"));
  EXPECT_TRUE(says(refusal(oci(R"({"names": [], "action": "SCMP_ACT_ALLOW"})")), "names no call"));
  EXPECT_TRUE(says(refusal(oci(R"({"names": ["read"], "action": "SCMP_ACT_ALLOW", "arg": []})")), "args?"));
  EXPECT_TRUE(
      says(refusal(oci(R"({"names": ["read"], "action": "SCMP_ACT_ALLOW", "errnoRet": 1})")), "no errno"));
  EXPECT_TRUE(says(refusal(oci(R"({"names": ["read"], "action": "SCMP_ACT_ALLOW",
    "args": [{"index": 6, "value": 0, "op": "SCMP_CMP_EQ"}]})")),
                   "/syscalls/0/args/0: there is no argument 6"));
  EXPECT_TRUE(says(refusal(oci(R"({"names": ["read"], "action": "SCMP_ACT_ALLOW",
    "args": [{"index": 0, "value": -1, "op": "SCMP_CMP_EQ"}]})")),
                   "/syscalls/0/args/0/value: a whole number"));
  EXPECT_TRUE(says(refusal(oci(R"({"names": ["read"], "action": "SCMP_ACT_ALLOW",
    "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQUAL"}]})")),
                   "SCMP_CMP_E"));
  EXPECT_TRUE(
      says(refusal(engines(R"({"names": ["read"], "action": "SCMP_ACT_ERRNO", "errno": "ENOTHING"})")),
           "there is no errno 'ENOTHING'"));
  EXPECT_TRUE(says(refusal(R"({"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_46"]})"),
                   "did you mean SCMP_ARCH_X86_64?"));
  EXPECT_EQ(refusal(std::string(100000, '[')).find("accepted"), std::string::npos);
}

TEST(TheContainersProfile, MeansWhatItsAuthorsSay) {
  std::ifstream in("/usr/share/containers/seccomp.json");
  ASSERT_TRUE(in) << "Debian's package golang-github-containers-common is missing";
  std::ostringstream text;
  text << in.rdbuf();
  const FilterPolicy plain = read(text.str(), {{}, Machine::x86_64, 6, 1}).policy;
  EXPECT_EQ(plain.unknown, (Action{Kind::error, ENOSYS}));
  EXPECT_EQ(decide(plain, "read", {}), kAllow);
  EXPECT_EQ(decide(plain, "bpf", {}), (Action{Kind::error, EPERM}));
  EXPECT_EQ(decide(plain, "io_uring_setup", {}), (Action{Kind::error, ENOSYS}));
  EXPECT_EQ(decide(plain, "personality", {8}), kAllow);
  EXPECT_EQ(decide(plain, "personality", {9}), (Action{Kind::error, ENOSYS}));
  EXPECT_EQ(decide(plain, "socket", {16, 0, 9}), (Action{Kind::error, EINVAL}));
  EXPECT_EQ(decide(plain, "socket", {16, 0, 8}), kAllow);
  EXPECT_EQ(decide(plain, "socket", {2, 0, 9}), kAllow);
  const FilterPolicy admin = read(text.str(), {{"sys_admin", "audit_write"}, Machine::x86_64, 6, 1}).policy;
  EXPECT_EQ(decide(admin, "bpf", {}), kAllow);
  EXPECT_EQ(decide(admin, "socket", {16, 0, 9}), kAllow);
  EXPECT_TRUE(says(opened_by(plain).front(), "clone"));
}

// --- several rules on one call: libseccomp itself is the second reader

std::uint32_t encoded(const Action& action) {
  return action.kind == Kind::allow ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(action.error);
}

/// libseccomp's program for getpid under `rules`; none where it refuses them.
std::optional<std::vector<sock_filter>> libseccomps(const std::vector<CallPolicy::Rule>& rules,
                                                    const Action& rest) {
  const scmp_filter_ctx context = seccomp_init(encoded(rest));
  seccomp_arch_add(context, SCMP_ARCH_NATIVE);
  bool refused = false;
  for (const CallPolicy::Rule& rule : rules) {
    std::vector<scmp_arg_cmp> args;
    for (const Condition& one : rule.when) {
      constexpr scmp_compare kWords[] = {SCMP_CMP_EQ, SCMP_CMP_NE, SCMP_CMP_LT,       SCMP_CMP_LE,
                                         SCMP_CMP_GT, SCMP_CMP_GE, SCMP_CMP_MASKED_EQ};
      const bool masked = one.compare == Compare::masked_equal;
      args.push_back({one.argument, kWords[static_cast<int>(one.compare)], masked ? one.mask : one.value,
                      masked ? one.value : 0});
    }
    refused = refused || seccomp_rule_add_array(context, encoded(rule.action), SCMP_SYS(getpid),
                                                static_cast<unsigned>(args.size()), args.data()) != 0;
  }
  const int file = ::memfd_create("bpf", MFD_CLOEXEC);
  std::vector<sock_filter> program;
  if (!refused && seccomp_export_bpf(context, file) == 0) {
    struct stat status {};
    ::fstat(file, &status);
    program.resize(static_cast<std::size_t>(status.st_size) / sizeof(sock_filter));
    if (::pread(file, program.data(), static_cast<std::size_t>(status.st_size), 0) != status.st_size)
      refused = true;
  }
  ::close(file);
  seccomp_release(context);
  if (refused) return std::nullopt;
  return program;
}

class RandomRulesOnOneCall : public testing::TestWithParam<unsigned> {
 protected:
  std::uint64_t any(std::uint64_t below) { return random_() % below; }
  std::uint64_t value() {
    constexpr std::uint64_t kEdges[] = {0, 1, 2, 3, 0xFFFFFFFF, 0x100000000, 0x100000001, ~0ull};
    return kEdges[any(std::size(kEdges))];
  }
  /// Equalities on up to three arguments, each at most once.
  CallPolicy::Rule rule(bool one_action) {
    CallPolicy::Rule made{{}, one_action || any(2) ? kAllow : Action{Kind::error, EACCES}};
    for (unsigned argument = 0; argument < 3; ++argument)
      if (any(2)) made.when.push_back({argument, Compare::equal, value()});
    return made;
  }
  void compare(bool one_action) {
    const Action rest{Kind::error, EPERM};
    for (int turn = 0; turn < 150; ++turn) {
      std::vector<CallPolicy::Rule> rules;
      for (std::uint64_t left = 1 + any(4); left > 0; --left) rules.push_back(rule(one_action));
      const auto theirs = libseccomps(rules, rest);
      const auto ours = combine(rules, rest);
      if (!theirs) {  // refused there: refused here, unless a rule for the whole call makes the others moot
        EXPECT_TRUE(!ours || ours->rules.empty());
        continue;
      }
      if (!ours) continue;  // stricter here: a contradiction is told
      ++compared_;
      const FilterPolicy policy{{{"getpid", *ours}}, rest};
      for (int times = 0; times < 100; ++times) {
        const CallArguments args = {value(), value(), value()};
        EXPECT_EQ(run_bpf(*theirs, call(AUDIT_ARCH_X86_64, 39, {args.begin(), args.end()})),
                  encoded(decide(policy, "getpid", args)));
      }
    }
    EXPECT_GT(compared_, 75);
  }
  int compared_ = 0;
  std::mt19937_64 random_{GetParam()};
};

TEST_P(RandomRulesOnOneCall, MeanWhatLibseccompMakesOfThem) {
  compare(true);
}
TEST_P(RandomRulesOnOneCall, OfTwoActionsMeanWhatLibseccompMakesOfThem) {
  compare(false);
}
INSTANTIATE_TEST_SUITE_P(Seeds, RandomRulesOnOneCall, testing::Range(1u, 5u));

TEST(AContradiction, ThatLibseccompDecidesByAccidentIsRefused) {
  EXPECT_TRUE(says(refusal(oci(R"({"names": ["read"], "action": "SCMP_ACT_ALLOW",
      "args": [{"index": 0, "value": 3, "op": "SCMP_CMP_GT"}]},
    {"names": ["read"], "action": "SCMP_ACT_KILL", "args": [{"index": 0, "value": 9, "op": "SCMP_CMP_LT"}]})")),
                   "rules for 'read' contradict each other"));
  EXPECT_EQ(refusal(oci(R"({"names": ["read"], "action": "SCMP_ACT_ALLOW",
      "args": [{"index": 0, "value": 3, "op": "SCMP_CMP_GT"}]},
    {"names": ["read"], "action": "SCMP_ACT_KILL", "args": [{"index": 0, "value": 3, "op": "SCMP_CMP_LE"}]})")),
            "accepted");
}

}  // namespace
}  // namespace cloche
