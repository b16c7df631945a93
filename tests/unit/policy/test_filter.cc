#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <set>

#include "base/error.h"
#include "policy/filter.h"
#include "policy/shipped_filters.h"
#include "unit/policy/bpf_machine.h"

namespace cloche {
namespace {

constexpr std::uint32_t kRefused = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t kAbsent = SECCOMP_RET_ERRNO | ENOSYS;
constexpr std::uint32_t kAllowed = SECCOMP_RET_ALLOW;

std::uint32_t token(Machine machine) {
  return machine == Machine::x86_64 ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_AARCH64;
}

std::uint32_t encoded(const Action& action) {
  switch (action.kind) {
    case Action::Kind::allow:
      return SECCOMP_RET_ALLOW;
    case Action::Kind::error:
      return SECCOMP_RET_ERRNO | action.error;
    case Action::Kind::kill:
      return SECCOMP_RET_KILL_PROCESS;
    case Action::Kind::kill_thread:
      return SECCOMP_RET_KILL_THREAD;
    case Action::Kind::trap:
      return SECCOMP_RET_TRAP;
    case Action::Kind::trace:
      return SECCOMP_RET_TRACE | action.error;
    case Action::Kind::log:
      return SECCOMP_RET_LOG;
  }
  return 0;
}

class ADefaultFilter : public testing::Test {
 protected:
  std::uint32_t verdict(const std::string& name, const std::vector<std::uint64_t>& args = {}) const {
    return run_bpf(program_, call(AUDIT_ARCH_X86_64, call_number(name, Machine::x86_64).value(), args));
  }
  const std::vector<sock_filter> program_ = compile(default_policy({}), Machine::x86_64, Answer::error);
};

TEST_F(ADefaultFilter, KillsForeignArchitecturesAndX32Calls) {
  for (std::uint32_t number = 0; number < 1024; ++number) {
    EXPECT_EQ(run_bpf(program_, call(AUDIT_ARCH_I386, number)), SECCOMP_RET_KILL_PROCESS);
    EXPECT_EQ(run_bpf(program_, call(AUDIT_ARCH_AARCH64, number)), SECCOMP_RET_KILL_PROCESS);
    EXPECT_EQ(run_bpf(program_, call(AUDIT_ARCH_X86_64, 0x40000000 + number)), SECCOMP_RET_KILL_PROCESS);
  }
  EXPECT_EQ(run_bpf(program_, call(AUDIT_ARCH_X86_64, ~0u)), kAbsent);
}

TEST_F(ADefaultFilter, RefusesNewNamespacesByEachOfTheirFlags) {
  EXPECT_EQ(verdict("clone", {SIGCHLD}), kAllowed);
  EXPECT_EQ(verdict("clone", {CLONE_VM | CLONE_THREAD | CLONE_SIGHAND}), kAllowed);
  for (const std::uint64_t flag : {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER,
                                   CLONE_NEWPID, CLONE_NEWNET, 0x80 /* CLONE_NEWTIME */})
    EXPECT_EQ(verdict("clone", {flag | SIGCHLD}), kRefused) << flag;
  EXPECT_EQ(verdict("clone3"), kAbsent);
  EXPECT_EQ(verdict("unshare"), kRefused);
  EXPECT_EQ(verdict("setns"), kRefused);
}

TEST_F(ADefaultFilter, RefusesEveryWayToChangeMounts) {
  for (const char* name : {"mount", "umount2", "pivot_root", "open_tree", "move_mount", "fsopen", "fsconfig",
                           "fsmount", "fspick", "mount_setattr", "chroot", "swapon"})
    EXPECT_EQ(verdict(name), kRefused) << name;
}

TEST_F(ADefaultFilter, RefusesWhatNoNamespaceSeparatesAndWhatReachesTheKernel) {
  for (const char* name : {"keyctl",
                           "add_key",
                           "request_key",
                           "bpf",
                           "perf_event_open",
                           "userfaultfd",
                           "ptrace",
                           "kcmp",
                           "process_vm_readv",
                           "process_vm_writev",
                           "pidfd_getfd",
                           "open_by_handle_at",
                           "init_module",
                           "finit_module",
                           "delete_module",
                           "kexec_load",
                           "kexec_file_load",
                           "reboot",
                           "settimeofday",
                           "acct",
                           "quotactl",
                           "syslog",
                           "iopl",
                           "ioperm"})
    EXPECT_EQ(verdict(name), kRefused) << name;
  for (const char* name : {"io_uring_setup", "io_uring_enter", "io_uring_register"})
    EXPECT_EQ(verdict(name), kAbsent) << name;
}

TEST_F(ADefaultFilter, ReadsOnlyTheHalfOfAnArgumentThatTheKernelReads) {
  constexpr std::uint64_t kNoise = 0xABCD00000000;
  EXPECT_EQ(verdict("ioctl", {0, TIOCSTI}), kRefused);
  EXPECT_EQ(verdict("ioctl", {0, TIOCSTI | kNoise}), kRefused);
  EXPECT_EQ(verdict("ioctl", {0, 0x541C | kNoise}), kRefused);
  EXPECT_EQ(verdict("ioctl", {0, TCGETS}), kAllowed);
  EXPECT_EQ(verdict("socket", {AF_VSOCK | kNoise, SOCK_STREAM, 0}), SECCOMP_RET_ERRNO | EAFNOSUPPORT);
  EXPECT_EQ(verdict("socket", {AF_INET | kNoise, SOCK_STREAM, 0}), kAllowed);
  EXPECT_EQ(verdict("mknod", {0, S_IFCHR | kNoise | 0600, 0}), kRefused);
  EXPECT_EQ(verdict("mknodat", {0, 0, S_IFBLK | 0600u, 0}), kRefused);
  EXPECT_EQ(verdict("mknod", {0, S_IFIFO | 0600, 0}), kAllowed);
}

TEST_F(ADefaultFilter, AllowsOnlySocketsOfOrdinaryFamilies) {
  for (const std::uint64_t family : {AF_UNIX, AF_INET, AF_INET6})
    EXPECT_EQ(verdict("socket", {family, SOCK_STREAM, 0}), kAllowed);
  EXPECT_EQ(verdict("socket", {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE}), kAllowed);
  for (std::uint64_t protocol = 1; protocol < 32; ++protocol)
    EXPECT_NE(verdict("socket", {AF_NETLINK, SOCK_RAW, protocol}), kAllowed);
  for (std::uint64_t family = 0; family < 64; ++family) {
    if (family == AF_UNIX || family == AF_INET || family == AF_INET6 || family == AF_NETLINK) continue;
    EXPECT_EQ(verdict("socket", {family, SOCK_STREAM, 0}), SECCOMP_RET_ERRNO | EAFNOSUPPORT) << family;
  }
}

TEST_F(ADefaultFilter, AllowsOnlyHarmlessPersonalities) {
  for (const std::uint64_t value : {0x0ul, 0x8ul, 0x20000ul, 0x20008ul, 0xFFFFFFFFul})
    EXPECT_EQ(verdict("personality", {value}), kAllowed);
  EXPECT_EQ(verdict("personality", {0x0040000 /* ADDR_NO_RANDOMIZE */}), kRefused);
}

TEST_F(ADefaultFilter, AsksTheSupervisorOnlyAboutWhatIsRefusedUnexpectedly) {
  const auto asking = compile(default_policy({}), Machine::x86_64, Answer::notify);
  for (std::uint32_t number = 0; number < 1024; ++number) {
    const seccomp_data data = call(AUDIT_ARCH_X86_64, number);
    const std::uint32_t plain = run_bpf(program_, data);
    const bool asks = (plain & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO && plain != kAbsent;
    EXPECT_EQ(run_bpf(asking, data), asks ? SECCOMP_RET_USER_NOTIF : plain)
        << call_name(number, Machine::x86_64);
  }
}

TEST_F(ADefaultFilter, AllowsByTheNumberAloneWhatNoArgumentDecides) {
  // Else the kernel would run it for each of the calls that are made most.
  const FilterPolicy policy = default_policy({});
  for (const auto& [name, unused] : policy.calls) {
    const auto number = call_number(name, Machine::x86_64);
    if (!number || !allows_always(policy, name)) continue;
    EXPECT_EQ(
        run_bpf(program_, call(AUDIT_ARCH_X86_64, *number), offsetof(seccomp_data, instruction_pointer)),
        kAllowed)
        << name;
  }
}

TEST_F(ADefaultFilter, IsWhatWasMadeWhenClocheWasBuilt) {
  for (const Answer answer : {Answer::error, Answer::notify}) {
    const auto made = shipped_filter({}, {})->of(answer);
    const auto now = compile(default_policy({}), this_machine(), answer);
    ASSERT_EQ(made.size(), now.size());
    EXPECT_EQ(std::memcmp(made.data(), now.data(), made.size() * sizeof(sock_filter)), 0);
  }
}

TEST(EveryToken, MakesTheProgramSayWhatItsPolicySays) {
  for (const Machine machine : {Machine::x86_64, Machine::aarch64})
    for (const std::vector<std::string>& tokens : {std::vector<std::string>{},
                                                   {"ptrace"},
                                                   {"io-uring"},
                                                   {"keyring"},
                                                   {"userns"},
                                                   {"personality"},
                                                   {"vsock"},
                                                   {"ptrace", "userns", "vsock", "unlimited"}}) {
      const FilterPolicy policy = default_policy(tokens);
      const auto program = compile(policy, machine, Answer::error);
      for (std::uint32_t number = 0; number < 1024; ++number)
        for (const CallArguments& args :
             {CallArguments{}, {1, 2, 3, 4, 5, 6}, {AF_VSOCK, 1, 0}, {CLONE_NEWUSER, TIOCSTI, S_IFCHR}}) {
          const std::string name = call_name(number, machine);
          const Action action = name.empty() ? policy.unknown : decide(policy, name, args);
          EXPECT_EQ(run_bpf(program, call(token(machine), number, {args.begin(), args.end()})),
                    encoded(action))
              << name;
        }
    }
}

TEST(AToken, OpensItsCallsAndNothingElse) {
  const auto plain = compile(default_policy({}), Machine::x86_64, Answer::error);
  const auto traced = compile(default_policy({"ptrace"}), Machine::x86_64, Answer::error);
  std::vector<std::string> opened;
  for (std::uint32_t number = 0; number < 1024; ++number) {
    const seccomp_data data = call(AUDIT_ARCH_X86_64, number);
    if (run_bpf(plain, data) != run_bpf(traced, data)) opened.push_back(call_name(number, Machine::x86_64));
  }
  EXPECT_EQ(opened, (std::vector<std::string>{"ptrace", "process_vm_readv", "process_vm_writev", "kcmp",
                                              "pidfd_getfd", "process_madvise"}));
}

class RandomPolicies : public testing::TestWithParam<unsigned> {
 protected:
  std::uint64_t any(std::uint64_t below) { return random_() % below; }
  // Values that meet each other often, and the edges of both halves.
  std::uint64_t value() {
    constexpr std::uint64_t kEdges[] = {
        0, 1, 2, 3, 0xFFFFFFFF, 0x100000000, 0x100000001, ~0ull, 0x8000000000000000};
    return kEdges[any(std::size(kEdges))];
  }
  Condition condition() {
    Condition one;
    one.argument = static_cast<unsigned>(any(3));
    one.compare = static_cast<Condition::Compare>(any(7));
    one.value = value();
    if (one.compare == Condition::Compare::masked_equal) one.mask = value();
    return one;
  }
  Action action() {
    constexpr Action::Kind kinds[] = {Action::Kind::allow, Action::Kind::error, Action::Kind::kill,
                                      Action::Kind::trap,  Action::Kind::log,   Action::Kind::kill_thread};
    const Action::Kind kind = kinds[any(std::size(kinds))];
    return {kind, static_cast<std::uint16_t>(kind == Action::Kind::error ? 1 + any(4) : 0)};
  }
  FilterPolicy policy() {
    FilterPolicy all;
    all.unknown = action();
    for (std::uint64_t left = any(40); left > 0; --left) {
      const std::string name = call_name(static_cast<std::uint32_t>(any(330)), Machine::x86_64);
      if (name.empty()) continue;
      CallPolicy& call = all.calls[name];
      call.otherwise = action();
      for (std::uint64_t rules = any(4); rules > 0; --rules) {
        CallPolicy::Rule rule{{}, action()};
        for (std::uint64_t more = any(4); more > 0; --more) rule.when.push_back(condition());
        call.rules.push_back(rule);
      }
    }
    return all;
  }
  std::mt19937_64 random_{GetParam()};
};

TEST_P(RandomPolicies, AreCarriedOutAsTheyAreRead) {
  for (int turn = 0; turn < 20; ++turn) {
    const FilterPolicy all = policy();
    const auto program = compile(all, Machine::x86_64, Answer::error);
    for (std::uint32_t number = 0; number < 512; ++number)
      for (int times = 0; times < 4; ++times) {
        const CallArguments args = {value(), value(), value()};
        const std::string name = call_name(number, Machine::x86_64);
        ASSERT_EQ(run_bpf(program, call(AUDIT_ARCH_X86_64, number, {args.begin(), args.end()})),
                  encoded(name.empty() ? all.unknown : decide(all, name, args)))
            << name;
      }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomPolicies, testing::Range(1u, 9u));

/// libseccomp's program for one rule of getpid over "all else is allowed".
std::vector<sock_filter> libseccomps(const std::vector<scmp_arg_cmp>& conditions) {
  scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);
  const int added = seccomp_rule_add_exact_array(context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(getpid),
                                                 static_cast<unsigned>(conditions.size()), conditions.data());
  const int file = ::memfd_create("bpf", MFD_CLOEXEC);
  std::vector<sock_filter> program;
  if (added == 0 && seccomp_export_bpf(context, file) == 0) {
    struct stat status {};
    ::fstat(file, &status);
    program.resize(static_cast<std::size_t>(status.st_size) / sizeof(sock_filter));
    if (::pread(file, program.data(), static_cast<std::size_t>(status.st_size), 0) != status.st_size)
      program.clear();
  }
  ::close(file);
  seccomp_release(context);
  return program;
}

TEST(ASingleRule, MeansToUsWhatItMeansToLibseccomp) {
  using Compare = Condition::Compare;
  const std::pair<Compare, scmp_compare> compares[] = {{Compare::equal, SCMP_CMP_EQ},
                                                       {Compare::not_equal, SCMP_CMP_NE},
                                                       {Compare::less, SCMP_CMP_LT},
                                                       {Compare::less_equal, SCMP_CMP_LE},
                                                       {Compare::greater, SCMP_CMP_GT},
                                                       {Compare::greater_equal, SCMP_CMP_GE},
                                                       {Compare::masked_equal, SCMP_CMP_MASKED_EQ}};
  const std::uint64_t values[] = {0, 1, 7, 0xFFFFFFFF, 0x100000000, 0x700000007, ~0ull};
  const std::uint64_t mask = 0x500000005;
  for (const auto& [ours, theirs] : compares)
    for (const std::uint64_t value : values) {
      const std::uint64_t wanted = ours == Compare::masked_equal ? value & mask : value;
      FilterPolicy policy;
      policy.calls["getpid"] = {{{{{2, ours, wanted, mask}}, {Action::Kind::error, EPERM}}}, {}};
      const auto program = compile(policy, Machine::x86_64, Answer::error);
      const auto second = libseccomps({ours == Compare::masked_equal ? scmp_arg_cmp{2, theirs, mask, wanted}
                                                                     : scmp_arg_cmp{2, theirs, wanted, 0}});
      ASSERT_FALSE(second.empty());
      for (const std::uint64_t given : values) {
        const seccomp_data data = call(AUDIT_ARCH_X86_64, SYS_getpid, {0, 0, given});
        EXPECT_EQ(run_bpf(program, data), run_bpf(second, data))
            << static_cast<int>(theirs) << " " << wanted << " " << given;
      }
    }
}

TEST(AProgram, HasEachAnswerOnceWhereAllJumpsReachIt) {
  const auto program = compile(default_policy({}), Machine::x86_64, Answer::error);
  ASSERT_LT(program.size(), 256u);
  std::multiset<std::uint32_t> answers;
  for (const sock_filter& one : program)
    if (BPF_CLASS(one.code) == BPF_RET) answers.insert(one.k);
  for (const std::uint32_t answer : answers) EXPECT_EQ(answers.count(answer), 1u) << answer;
}

TEST(AProgram, ThatIsLongerThanAJumpReachesSaysTheSame) {
  FilterPolicy policy;
  policy.unknown = {Action::Kind::error, ENOSYS};
  for (std::uint32_t number = 0; number < 400; number += 2) {
    const std::string name = call_name(number, Machine::x86_64);
    if (name.empty()) continue;
    policy.calls[name].otherwise = {Action::Kind::error, static_cast<std::uint16_t>(number + 1)};
    policy.calls[name].rules = {{{{0, Condition::Compare::greater, 5}}, {}}};
  }
  const auto program = compile(policy, Machine::x86_64, Answer::error);
  ASSERT_GT(program.size(), 512u);
  for (std::uint32_t number = 0; number < 512; ++number)
    for (const std::uint64_t argument : {std::uint64_t{5}, std::uint64_t{6}}) {
      const std::string name = call_name(number, Machine::x86_64);
      EXPECT_EQ(run_bpf(program, call(AUDIT_ARCH_X86_64, number, {argument})),
                encoded(name.empty() ? policy.unknown : decide(policy, name, {argument})))
          << name;
    }
}

TEST(AProgram, ThatIsTooLongForTheKernelIsRefused) {
  FilterPolicy policy;
  CallPolicy& call = policy.calls["read"];
  for (std::uint64_t value = 0; value < 1000; ++value)
    call.rules.push_back({{{0, Condition::Compare::equal, value}}, {Action::Kind::error, EPERM}});
  EXPECT_THROW(compile(policy, Machine::x86_64, Answer::error), Error);
}

TEST(APolicy, LetsACallPassAlwaysWhereNoArgumentDecides) {
  FilterPolicy policy = default_policy({});
  for (const char* name : {"sendmsg", "read"}) EXPECT_TRUE(allows_always(policy, name)) << name;
  for (const char* name : {"mount", "socket", "ioctl", "nobody_knows"})
    EXPECT_FALSE(allows_always(policy, name)) << name;
  policy.calls["sendmsg"].otherwise = {Action::Kind::log, 0};
  EXPECT_TRUE(allows_always(policy, "sendmsg"));
  policy.unknown = {Action::Kind::allow, 0};
  EXPECT_TRUE(allows_always(policy, "nobody_knows"));
}

}  // namespace
}  // namespace cloche
