#include "policy/filter.h"

#include <seccomp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <span>
#include <tuple>

#include <linux/audit.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "policy/shorten.h"
#include "policy/syscalls.h"
#include "policy/weakenings.h"

namespace cloche {
namespace {

constexpr std::uint32_t kHighestNumber = 0x3FFFFFFF;  // above lie x32 and libseccomp's own numbers
constexpr Action kAllow{Action::Kind::allow, 0};
constexpr Action kRefuse{Action::Kind::error, EPERM};
constexpr Action kAbsent{Action::Kind::error, ENOSYS};
using Compare = Condition::Compare;

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> all = split(text, ' ');
  std::erase(all, "");
  return all;
}

constexpr std::uint64_t kNamespaceFlags = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                          CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
                                          0x80 /* CLONE_NEWTIME */;
constexpr std::uint64_t kLow = 0xFFFFFFFF;  // the kernel reads an int from these arguments, the rest is noise

CallPolicy clone_policy() {
  // A thread or process without a single new namespace.
  return {{{{{0, Compare::masked_equal, 0, kNamespaceFlags}}, kAllow}}, kRefuse};
}

CallPolicy ioctl_policy() {
  // Both put characters into a terminal's input as if somebody had typed them.
  CallPolicy policy{{}, kAllow};
  for (const std::uint64_t command : {TIOCSTI, 0x541C /* TIOCLINUX */})
    policy.rules.push_back({{{1, Compare::masked_equal, command, kLow}}, kRefuse});
  return policy;
}

CallPolicy mknod_policy(unsigned mode_argument) {
  CallPolicy policy{{}, kAllow};
  for (const std::uint64_t type : {S_IFCHR, S_IFBLK})
    policy.rules.push_back({{{mode_argument, Compare::masked_equal, type, S_IFMT}}, kRefuse});
  return policy;
}

CallPolicy personality_policy() {
  CallPolicy policy{{}, kRefuse};
  for (const std::uint64_t value : {0x0ul, 0x8ul, 0x20000ul, 0x20008ul, 0xFFFFFFFFul})
    policy.rules.push_back({{{0, Compare::masked_equal, value, kLow}}, kAllow});
  return policy;
}

CallPolicy socket_policy(bool vsock) {
  CallPolicy policy{{}, {Action::Kind::error, EAFNOSUPPORT}};
  for (const std::uint64_t family : {AF_UNIX, AF_INET, AF_INET6})
    policy.rules.push_back({{{0, Compare::masked_equal, family, kLow}}, kAllow});
  // Addresses and routes of the sandbox's own network; the other kinds reach parts of the kernel that few
  // programs need and many bugs were in.
  policy.rules.push_back(
      {{{0, Compare::masked_equal, AF_NETLINK, kLow}, {2, Compare::masked_equal, NETLINK_ROUTE, kLow}},
       kAllow});
  if (vsock) policy.rules.push_back({{{0, Compare::masked_equal, AF_VSOCK, kLow}}, kAllow});
  return policy;
}

bool has(const std::vector<std::string>& tokens, const char* token) {
  return std::find(tokens.begin(), tokens.end(), token) != tokens.end();
}

std::uint32_t arch_token(Machine machine) {
  return machine == Machine::x86_64 ? SCMP_ARCH_X86_64 : SCMP_ARCH_AARCH64;
}

sock_filter statement(unsigned code, std::uint32_t k) {
  return {static_cast<std::uint16_t>(code), 0, 0, k};
}
sock_filter jump(unsigned code, std::uint32_t k, unsigned yes, unsigned no) {
  return {static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(yes), static_cast<std::uint8_t>(no), k};
}
constexpr unsigned kLoad = BPF_LD | BPF_W | BPF_ABS;
constexpr unsigned kJumpEqual = BPF_JMP | BPF_JEQ | BPF_K;
constexpr unsigned kJumpAtLeast = BPF_JMP | BPF_JGE | BPF_K;
constexpr unsigned kJump = BPF_JMP | BPF_JA;
constexpr unsigned kReturn = BPF_RET | BPF_K;

using Program = std::vector<sock_filter>;

void append(Program& program, const Program& more) {
  program.insert(program.end(), more.begin(), more.end());
}

bool same(const Program& one, const Program& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const sock_filter& a, const sock_filter& b) {
                      return std::tie(a.code, a.jt, a.jf, a.k) == std::tie(b.code, b.jt, b.jf, b.k);
                    });
}

class Compiler {
 public:
  Compiler(const FilterPolicy& policy, Machine machine, Answer answer)
      : policy_(policy), machine_(machine), answer_(answer) {}

  Program compile() const {
    Program program{
        statement(kLoad, offsetof(seccomp_data, arch)),
        jump(kJumpEqual, machine_ == Machine::x86_64 ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_AARCH64, 1, 0),
        statement(kReturn, SECCOMP_RET_KILL_PROCESS), statement(kLoad, offsetof(seccomp_data, nr))};
    append(program, tree(ranges()));
    program = shorten(std::move(program));
    if (program.size() > BPF_MAXINSNS)
      throw Error("the system call filter is too long for the kernel", "use fewer rules");
    return program;
  }

 private:
  /// The numbers from `first` up to where the next range begins: all of them end in the same program.
  struct Range {
    std::uint32_t first;
    Program end;
  };

  std::uint32_t encoded(const Action& action) const {
    switch (action.kind) {
      case Action::Kind::allow:
        return SECCOMP_RET_ALLOW;
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
      case Action::Kind::error:
        break;
    }
    // ENOSYS is the expected answer that libraries look for: it is not worth a supervisor's time.
    if (answer_ == Answer::notify && action.error != ENOSYS) return SECCOMP_RET_USER_NOTIF;
    return SECCOMP_RET_ERRNO | action.error;
  }

  Program always(const Action& action) const { return {statement(kReturn, encoded(action))}; }

  /// The whole line of numbers, from 0 on, neighbours that end alike joined.
  std::vector<Range> ranges() const {
    std::map<std::uint32_t, Program> named;
    for (const auto& [name, call] : policy_.calls)
      if (const auto number = call_number(name, machine_)) named[*number] = decision(call);
    const Program unknown = always(policy_.unknown);
    std::vector<Range> all;
    const auto add = [&all](std::uint32_t first, const Program& end) {
      if (!all.empty() && all.back().first == first) all.pop_back();
      if (all.empty() || !same(all.back().end, end)) all.push_back({first, end});
    };
    add(0, unknown);
    for (const auto& [number, end] : named) {
      add(number, end);
      add(number + 1, unknown);
    }
    if (machine_ == Machine::x86_64) {
      add(kHighestNumber + 1, {statement(kReturn, SECCOMP_RET_KILL_PROCESS)});
      // Number -1 is no x32 call: it is how programs and tracers ask for no call at all, unknown like others.
      add(~std::uint32_t{0}, unknown);
    }
    return all;
  }

  /// Halves the ranges until one is left; the number is what was loaded last.
  static Program tree(std::span<const Range> ranges) {
    if (ranges.size() == 1) return ranges.front().end;
    const size_t middle = ranges.size() / 2;
    const Program below = tree(ranges.first(middle)), from = tree(ranges.subspan(middle));
    Program both;
    if (below.size() <= kFarthest) {
      both.push_back(jump(kJumpAtLeast, ranges[middle].first, static_cast<unsigned>(below.size()), 0));
    } else {
      both.push_back(jump(kJumpAtLeast, ranges[middle].first, 0, 1));
      both.push_back(statement(kJump, static_cast<std::uint32_t>(below.size())));
    }
    append(both, below);
    append(both, from);
    return both;
  }

  Program decision(const CallPolicy& call) const {
    Program program;
    for (const CallPolicy::Rule& rule : call.rules) {
      Program tests;
      for (const Condition& condition : rule.when) append_test(tests, condition);
      // A test that fails jumps to the rule's end: past the tests that follow and the return.
      for (size_t i = 0; i < tests.size(); ++i)
        if (tests[i].code == kFails)
          tests[i] = statement(kJump, static_cast<std::uint32_t>(tests.size() - i));
      append(program, tests);
      append(program, always(rule.action));
    }
    append(program, always(call.otherwise));
    return program;
  }

  // Stands for "go to the end of this rule" until the rule's length is known.
  static constexpr std::uint16_t kFails = 0xFFFF;

  static void append_test(Program& tests, const Condition& condition) {
    const auto low = static_cast<std::uint32_t>(offsetof(seccomp_data, args) + 8 * condition.argument);
    const std::uint32_t high = low + 4;
    const auto value_low = static_cast<std::uint32_t>(condition.value);
    const auto value_high = static_cast<std::uint32_t>(condition.value >> 32);
    const auto fails = statement(kFails, 0);
    const unsigned greater = BPF_JMP | BPF_JGT | BPF_K;
    switch (condition.compare) {
      case Compare::equal:
      case Compare::masked_equal: {
        const std::uint64_t mask = condition.compare == Compare::equal ? ~std::uint64_t{0} : condition.mask;
        for (const auto& [at, bits, value] :
             {std::tuple{high, static_cast<std::uint32_t>(mask >> 32), value_high},
              std::tuple{low, static_cast<std::uint32_t>(mask), value_low}}) {
          if (bits == 0 && value == 0) continue;
          tests.push_back(statement(kLoad, at));
          if (bits != ~0u) tests.push_back(statement(BPF_ALU | BPF_AND | BPF_K, bits));
          tests.push_back(jump(kJumpEqual, value, 1, 0));
          tests.push_back(fails);
        }
        return;
      }
      case Compare::not_equal:
        tests.insert(tests.end(), {statement(kLoad, high), jump(kJumpEqual, value_high, 0, 3),
                                   statement(kLoad, low), jump(kJumpEqual, value_low, 0, 1), fails});
        return;
      // The high halves decide unless they are equal; then the low ones do.
      case Compare::greater:
      case Compare::greater_equal:
        tests.insert(
            tests.end(),
            {statement(kLoad, high), jump(greater, value_high, 4, 0), jump(kJumpEqual, value_high, 0, 2),
             statement(kLoad, low),
             jump(condition.compare == Compare::greater ? greater : kJumpAtLeast, value_low, 1, 0), fails});
        return;
      case Compare::less:
      case Compare::less_equal:
        tests.insert(
            tests.end(),
            {statement(kLoad, high), jump(greater, value_high, 3, 0), jump(kJumpEqual, value_high, 0, 3),
             statement(kLoad, low),
             jump(condition.compare == Compare::less ? kJumpAtLeast : greater, value_low, 0, 1), fails});
        return;
    }
  }

  const FilterPolicy& policy_;
  Machine machine_;
  Answer answer_;
};

}  // namespace

Machine this_machine() {
#if defined(__x86_64__)
  return Machine::x86_64;
#elif defined(__aarch64__)
  return Machine::aarch64;
#else
#error "cloche's filters are written for x86-64 and aarch64"
#endif
}

bool holds(const Condition& condition, const CallArguments& arguments) {
  const std::uint64_t given = arguments[condition.argument];
  switch (condition.compare) {
    case Compare::equal:
      return given == condition.value;
    case Compare::not_equal:
      return given != condition.value;
    case Compare::less:
      return given < condition.value;
    case Compare::less_equal:
      return given <= condition.value;
    case Compare::greater:
      return given > condition.value;
    case Compare::greater_equal:
      return given >= condition.value;
    case Compare::masked_equal:
      return (given & condition.mask) == condition.value;
  }
  return false;
}

Action decide(const FilterPolicy& policy, const std::string& name, const CallArguments& arguments) {
  const auto call = policy.calls.find(name);
  if (call == policy.calls.end()) return policy.unknown;
  for (const CallPolicy::Rule& rule : call->second.rules)
    if (std::all_of(rule.when.begin(), rule.when.end(),
                    [&](const Condition& condition) { return holds(condition, arguments); }))
      return rule.action;
  return call->second.otherwise;
}

bool allows_always(const FilterPolicy& policy, const std::string& name) {
  const auto call = policy.calls.find(name);
  if (call != policy.calls.end() && !call->second.rules.empty()) return false;
  const Action& action = call == policy.calls.end() ? policy.unknown : call->second.otherwise;
  return action.kind == Action::Kind::allow || action.kind == Action::Kind::log;
}

std::string call_name(std::uint32_t number, Machine machine) {
  // -1 and -2 and so on are libseccomp's own numbers for calls that a machine does not have.
  if (number > kHighestNumber) return {};
  char* name = seccomp_syscall_resolve_num_arch(arch_token(machine), static_cast<int>(number));
  if (!name) return {};
  std::string copy(name);
  std::free(name);
  return copy;
}

std::optional<std::uint32_t> call_number(const std::string& name, Machine machine) {
  const int number = seccomp_syscall_resolve_name_arch(arch_token(machine), name.c_str());
  if (number < 0) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

FilterPolicy default_policy(const std::vector<std::string>& tokens) {
  FilterPolicy policy;
  policy.unknown = kAbsent;
  std::vector<std::string> opened;
  for (const std::string& token : tokens)
    for (const std::string& group : words(weakening(token).groups)) opened.push_back(group);
  for (const SyscallGroup& group : syscall_groups()) {
    const bool open = std::find(opened.begin(), opened.end(), group.name) != opened.end();
    const Action action = open || group.verdict == Verdict::allow ? kAllow
                          : group.verdict == Verdict::refuse      ? kRefuse
                                                                  : kAbsent;
    for (const std::string& name : words(group.calls)) policy.calls[name] = {{}, action};
  }
  policy.calls["clone"] = has(tokens, "userns") ? CallPolicy{{}, kAllow} : clone_policy();
  policy.calls["ioctl"] = ioctl_policy();
  policy.calls["mknod"] = mknod_policy(1);
  policy.calls["mknodat"] = mknod_policy(2);
  policy.calls["personality"] = has(tokens, "personality") ? CallPolicy{{}, kAllow} : personality_policy();
  policy.calls["socket"] = policy.calls["socketpair"] = socket_policy(has(tokens, "vsock"));
  return policy;
}

std::vector<sock_filter> compile(const FilterPolicy& policy, Machine machine, Answer answer) {
  return Compiler(policy, machine, answer).compile();
}

}  // namespace cloche
