#include <gtest/gtest.h>
#include <linux/audit.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <random>

#include "base/error.h"
#include "policy/rules.h"
#include "policy/syscalls.h"
#include "unit/policy/bpf_machine.h"

namespace cloche {
namespace {

using Do = SyscallRule::Action;
using Kind = Action::Kind;

SyscallRule rule(std::vector<std::string> names, Do action, std::vector<SyscallRule::Condition> when = {}) {
  return {std::move(names), action, {}, std::move(when)};
}

FilterPolicy over_default(const std::vector<SyscallRule>& rules,
                          const std::vector<std::string>& tokens = {}) {
  return apply_rules(default_policy(tokens), rules, tokens);
}

std::string refusal(const std::vector<SyscallRule>& rules, const std::vector<std::string>& tokens = {}) {
  try {
    over_default(rules, tokens);
  } catch (const UsageError& error) {
    return std::string(error.what()) + "; " + error.remedy();
  }
  return "allowed";
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ARuleForCalls, ReplacesWhatTheBaseSays) {
  const FilterPolicy policy = over_default({rule({"getpid", "@time"}, Do::error), rule({"uname"}, Do::kill)});
  EXPECT_EQ(decide(policy, "getpid", {}), (Action{Kind::error, EPERM}));
  EXPECT_EQ(decide(policy, "nanosleep", {}), (Action{Kind::error, EPERM}));
  EXPECT_EQ(decide(policy, "uname", {}), (Action{Kind::kill, 0}));
  EXPECT_EQ(decide(policy, "getppid", {}), (Action{Kind::allow, 0}));
}

TEST(ARuleForCalls, AnswersTheErrnoItNames) {
  SyscallRule absent = rule({"getpid"}, Do::error);
  absent.error = ENOSYS;
  EXPECT_EQ(decide(over_default({absent}), "getpid", {}), (Action{Kind::error, ENOSYS}));
  absent.error = 5000;
  EXPECT_TRUE(says(refusal({absent}), "5000"));
  absent = rule({"getpid"}, Do::allow);
  absent.error = EPERM;
  EXPECT_TRUE(says(refusal({absent}), "only the action errno takes one"));
}

TEST(LaterRules, LieOverEarlierOnes) {
  const SyscallRule all = rule({"@time"}, Do::error), one = rule({"time"}, Do::allow);
  EXPECT_EQ(decide(over_default({all, one}), "time", {}).kind, Kind::allow);
  EXPECT_EQ(decide(over_default({one, all}), "time", {}).kind, Kind::error);
  const FilterPolicy exception =
      over_default({rule({"getpriority"}, Do::error), rule({"getpriority"}, Do::allow, {{0, "==", 2}}),
                    rule({"getpriority"}, Do::kill, {{1, ">", 5}})});
  EXPECT_EQ(decide(exception, "getpriority", {0, 0}).kind, Kind::error);
  EXPECT_EQ(decide(exception, "getpriority", {2, 0}).kind, Kind::allow);
  EXPECT_EQ(decide(exception, "getpriority", {2, 6}).kind, Kind::kill);
}

TEST(SeveralConditions, HoldTogetherOnOneArgumentToo) {
  const FilterPolicy policy = over_default({rule({"getpriority"}, Do::error, {{0, ">=", 3}, {0, "<", 7}})});
  for (std::uint64_t value = 0; value < 10; ++value)
    EXPECT_EQ(decide(policy, "getpriority", {value}).kind == Kind::error, value >= 3 && value < 7) << value;
}

TEST(AMisspeltName, IsAnErrorThatKnowsTheNearest) {
  EXPECT_TRUE(says(refusal({rule({"getrandon"}, Do::allow)}), "did you mean getrandom?"));
  EXPECT_TRUE(says(refusal({rule({"@tim"}, Do::allow)}), "did you mean @time?"));
  EXPECT_TRUE(says(refusal({rule({"@nothingofthekind"}, Do::allow)}), "@files"));
}

TEST(AConditionThatCannotBe, IsAnError) {
  EXPECT_TRUE(says(refusal({rule({"getpid"}, Do::allow, {{6, "==", 0}})}), "from 0 to 5"));
  EXPECT_TRUE(says(refusal({rule({"getpid"}, Do::allow, {{0, "=", 0}})}), "'='"));
  EXPECT_TRUE(says(refusal({rule({"getpid"}, Do::allow, {{0, "&", 5, 4}})}), "never hold"));
}

TEST(ARuleAlone, OpensNothingThatASandboxStandsOn) {
  for (const auto& [name, token] :
       std::vector<std::pair<std::string, std::string>>{{"unshare", "userns"},
                                                        {"setns", "userns"},
                                                        {"mount", "userns"},
                                                        {"@mount", "userns"},
                                                        {"clone3", "userns"},
                                                        {"ptrace", "ptrace"},
                                                        {"io_uring_setup", "io-uring"},
                                                        {"keyctl", "keyring"},
                                                        {"bpf", "tracing"},
                                                        {"userfaultfd", "tracing"},
                                                        {"perf_event_open", "tracing"}}) {
    for (const Do action : {Do::allow, Do::log}) {
      EXPECT_TRUE(says(refusal({rule({name}, action)}), "--allow " + token)) << name;
      EXPECT_TRUE(says(refusal({rule({name}, action, {{0, "==", 1}})}), "--allow " + token)) << name;
      EXPECT_EQ(refusal({rule({name}, action)}, {token}), "allowed") << name;
    }
    EXPECT_EQ(refusal({rule({name}, Do::error)}), "allowed") << name;
  }
  for (const char* name : {"init_module", "open_by_handle_at", "kexec_load"})
    EXPECT_TRUE(says(refusal({rule({name}, Do::allow)}, {"userns", "tracing", "ptrace"}), "nothing allows"))
        << name;
}

TEST(ARuleForDangerousArguments, NamesTheTokenThatItLacks) {
  EXPECT_TRUE(
      says(refusal({rule({"clone"}, Do::allow, {{0, "&", CLONE_NEWUSER, CLONE_NEWUSER}})}), "userns"));
  EXPECT_TRUE(says(refusal({rule({"ioctl"}, Do::allow, {{1, "==", TIOCSTI}})}), "nothing allows"));
  EXPECT_TRUE(says(refusal({rule({"socket"}, Do::allow, {{0, "==", AF_VSOCK}})}), "vsock"));
  EXPECT_TRUE(says(refusal({rule({"personality"}, Do::allow, {{0, "==", 0x40000}})}), "personality"));
  EXPECT_EQ(refusal({rule({"socket"}, Do::allow, {{0, "==", AF_PACKET}})}), "allowed");
}

TEST(ARuleForAWholeCall, LeavesItsDangerousArgumentsRefused) {
  const std::vector<SyscallRule> rules = {
      rule({"clone", "ioctl", "mknodat", "socket", "personality"}, Do::allow)};
  const FilterPolicy policy = over_default(rules);
  EXPECT_EQ(decide(policy, "clone", {CLONE_NEWNET | SIGCHLD}).kind, Kind::error);
  EXPECT_EQ(decide(policy, "clone", {SIGCHLD}).kind, Kind::allow);
  EXPECT_EQ(decide(policy, "ioctl", {0, TIOCSTI | 0xABC00000000}).kind, Kind::error);
  EXPECT_EQ(decide(policy, "mknodat", {0, 0, S_IFBLK | 0600}).kind, Kind::error);
  EXPECT_EQ(decide(policy, "socket", {AF_VSOCK}).kind, Kind::error);
  EXPECT_EQ(decide(policy, "socket", {AF_PACKET}).kind, Kind::allow);
  EXPECT_EQ(decide(policy, "personality", {0x40000}).kind, Kind::error);
  const FilterPolicy weakened = over_default(rules, {"userns", "vsock"});
  EXPECT_EQ(decide(weakened, "clone", {CLONE_NEWUSER}).kind, Kind::allow);
  EXPECT_EQ(decide(weakened, "socket", {AF_VSOCK}).kind, Kind::allow);
  EXPECT_EQ(decide(weakened, "ioctl", {0, TIOCSTI}).kind, Kind::error);
}

TEST(RulesWithoutABase, RefuseWhatTheyNameAndNothingElse) {
  const FilterPolicy policy = apply_rules(open_policy(), {rule({"getpid"}, Do::error)}, {});
  EXPECT_EQ(decide(policy, "getpid", {}).kind, Kind::error);
  EXPECT_EQ(decide(policy, "mount", {}).kind, Kind::allow);
}

// Whatever rules a profile has, its program does what decide() (which is what is shown) says.
class RandomRules : public testing::TestWithParam<unsigned> {
 protected:
  std::uint64_t any(std::uint64_t below) { return random_() % below; }
  std::uint64_t value() {
    constexpr std::uint64_t kEdges[] = {
        0,        1,          2,           3,           7,     CLONE_NEWUSER,     TIOCSTI,
        AF_VSOCK, 0xFFFFFFFF, 0x100000000, 0x100000001, ~0ull, 0x8000000000000000};
    return kEdges[any(std::size(kEdges))];
  }
  std::string word() {
    const auto groups = syscall_groups();
    if (any(4) == 0) return groups[any(groups.size())].name;
    for (;;) {
      const std::string name = call_name(static_cast<std::uint32_t>(any(450)), this_machine());
      if (!name.empty()) return name;
    }
  }
  SyscallRule one() {
    constexpr const char* kCompare[] = {"==", "!=", "<", "<=", ">", ">=", "&"};
    SyscallRule made{{word()}, static_cast<Do>(any(4)), {}, {}};
    if (any(3) == 0) made.names.push_back(word());
    if (made.action == Do::error && any(2) == 0) made.error = static_cast<std::uint32_t>(1 + any(40));
    for (std::uint64_t left = any(4); left > 0; --left) {
      SyscallRule::Condition when{static_cast<std::uint32_t>(any(3)), kCompare[any(7)], value()};
      if (when.compare == "&") when.mask = when.value | value();
      made.when.push_back(when);
    }
    return made;
  }
  std::mt19937_64 random_{GetParam()};
};

TEST_P(RandomRules, AreCarriedOutAsTheyAreShownAndNeverOpenWhatNeedsAToken) {
  int accepted = 0;
  const std::uint32_t arch = this_machine() == Machine::x86_64 ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_AARCH64;
  for (int turn = 0; turn < 40; ++turn) {
    std::vector<SyscallRule> rules;
    for (std::uint64_t left = 1 + any(6); left > 0; --left) {
      const SyscallRule candidate = one();
      if (refusal({candidate}) == "allowed") rules.push_back(candidate);
    }
    const FilterPolicy policy = over_default(rules);
    const auto program = compile(policy, this_machine(), Answer::error);
    ++accepted;
    for (std::uint32_t number = 0; number < 480; ++number) {
      const std::string name = call_name(number, this_machine());
      const CallArguments args = {value(), value(), value()};
      const Action action = name.empty() ? policy.unknown : decide(policy, name, args);
      const std::uint32_t got = run_bpf(program, call(arch, number, {args.begin(), args.end()}));
      const std::uint32_t want = action.kind == Kind::allow  ? SECCOMP_RET_ALLOW
                                 : action.kind == Kind::log  ? SECCOMP_RET_LOG
                                 : action.kind == Kind::kill ? SECCOMP_RET_KILL_PROCESS
                                                             : SECCOMP_RET_ERRNO | action.error;
      ASSERT_EQ(got, want) << name;
    }
    for (const char* never :
         {"mount", "unshare", "setns", "clone3", "keyctl", "bpf", "io_uring_setup", "ptrace"})
      for (int times = 0; times < 4; ++times) {
        const Kind kind = decide(policy, never, {value(), value(), value()}).kind;
        EXPECT_TRUE(kind == Kind::error || kind == Kind::kill) << never;
      }
    EXPECT_NE(decide(policy, "clone", {CLONE_NEWUSER | SIGCHLD, value(), value()}).kind, Kind::allow);
    EXPECT_NE(decide(policy, "ioctl", {value(), TIOCSTI, value()}).kind, Kind::allow);
  }
  EXPECT_EQ(accepted, 40);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomRules, testing::Range(1u, 5u));

}  // namespace
}  // namespace cloche
