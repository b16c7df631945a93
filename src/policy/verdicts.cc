#include "policy/verdicts.h"

#include <linux/audit.h>
#include <linux/seccomp.h>

#include <cstddef>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "policy/syscalls.h"

namespace cloche {
namespace {

constexpr std::uint32_t kNumbers = 1024;  // no machine has more

const std::map<std::string, std::string, std::less<>>& groups_by_call() {
  static const auto* all = [] {
    auto* made = new std::map<std::string, std::string, std::less<>>;
    for (const SyscallGroup& group : syscall_groups())
      for (const std::string& name : split(group.calls, ' ')) made->emplace(name, group.name);
    return made;
  }();
  return *all;
}

std::string of_conditions(const std::vector<Condition>& all) {
  std::vector<std::string> words;
  for (const Condition& one : all) words.push_back(in_words(one));
  return join(words, " and ");
}

std::string return_words(std::uint32_t value) {
  const std::uint32_t data = value & SECCOMP_RET_DATA;
  switch (value & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW:
      return "allow";
    case SECCOMP_RET_KILL_PROCESS:
      return "kill";
    case SECCOMP_RET_KILL_THREAD:
      return "kill thread";
    case SECCOMP_RET_TRAP:
      return "trap";
    case SECCOMP_RET_LOG:
      return "log";
    case SECCOMP_RET_USER_NOTIF:
      return "ask the supervisor";
    case SECCOMP_RET_TRACE:
      return fmt::format("trace {}", data);
    default:
      return errno_name(static_cast<int>(data));
  }
}

std::string load_words(std::uint32_t offset) {
  if (offset == offsetof(seccomp_data, nr)) return "number";
  if (offset == offsetof(seccomp_data, arch)) return "architecture";
  if (offset < offsetof(seccomp_data, args)) return fmt::format("word at {}", offset);
  const std::size_t within = offset - offsetof(seccomp_data, args);
  return fmt::format("argument {} ({} half)", within / 8, within % 8 ? "high" : "low");
}

/// What the accumulator was last loaded with decides how a constant is best said.
std::string constant_words(std::uint32_t value, const std::string& loaded, Machine machine) {
  if (loaded == "number")
    if (std::string name = call_name(value, machine); !name.empty()) return name;
  if (loaded == "architecture" && value == AUDIT_ARCH_X86_64) return "x86-64";
  if (loaded == "architecture" && value == AUDIT_ARCH_AARCH64) return "aarch64";
  return fmt::format("{:#x}", value);
}

}  // namespace

std::string in_words(const Action& action) {
  switch (action.kind) {
    case Action::Kind::allow:
      return "allow";
    case Action::Kind::error:
      return errno_name(action.error);
    case Action::Kind::kill:
      return "kill";
    case Action::Kind::kill_thread:
      return "kill thread";
    case Action::Kind::trap:
      return "trap";
    case Action::Kind::trace:
      return fmt::format("trace {}", action.error);
    case Action::Kind::log:
      return "log";
  }
  return {};
}

std::string in_words(const Condition& condition) {
  constexpr const char* kWords[] = {"==", "!=", "<", "<=", ">", ">=", "=="};
  const std::string masked =
      condition.compare == Condition::Compare::masked_equal ? fmt::format(" & {:#x}", condition.mask) : "";
  return fmt::format("argument {}{} {} {:#x}", condition.argument, masked,
                     kWords[static_cast<int>(condition.compare)], condition.value);
}

std::vector<CallVerdict> verdicts(const FilterPolicy& policy, Machine machine) {
  std::map<std::string, std::uint32_t> calls;
  for (std::uint32_t number = 0; number < kNumbers; ++number)
    if (const std::string name = call_name(number, machine); !name.empty()) calls.emplace(name, number);
  std::vector<CallVerdict> all;
  for (const auto& [name, number] : calls) {
    const auto group = groups_by_call().find(name);
    CallVerdict one{name, group == groups_by_call().end() ? "" : group->second, number, "", {}};
    const auto call = policy.calls.find(name);
    if (call == policy.calls.end()) {
      one.verdict = in_words(policy.unknown);
    } else if (call->second.rules.empty()) {
      one.verdict = in_words(call->second.otherwise);
    } else {
      one.verdict = "by argument";
      for (const CallPolicy::Rule& rule : call->second.rules)
        one.detail.push_back(fmt::format("{}: {}", of_conditions(rule.when), in_words(rule.action)));
      one.detail.push_back("else: " + in_words(call->second.otherwise));
    }
    all.push_back(std::move(one));
  }
  return all;
}

std::string listing(const std::vector<sock_filter>& program, Machine machine) {
  std::string text;
  // What the accumulator holds where an instruction is reached; all jumps lead on, so it is known by then.
  std::vector<std::string> loaded(program.size() + 1);
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& one = program[at];
    const std::string operand = constant_words(one.k, loaded[at], machine);
    std::string words, leaves = loaded[at];
    std::vector<std::size_t> next{at + 1};
    switch (BPF_CLASS(one.code)) {
      case BPF_LD:
        leaves = load_words(one.k);
        words = "a = " + leaves;
        break;
      case BPF_ALU:
        leaves += " masked";
        words = fmt::format("a = a & {:#x}", one.k);
        break;
      case BPF_JMP: {
        if (BPF_OP(one.code) == BPF_JA) {
          next = {at + 1 + one.k};
          words = fmt::format("go to {}", next[0]);
          break;
        }
        const char* test = BPF_OP(one.code) == BPF_JEQ   ? "=="
                           : BPF_OP(one.code) == BPF_JGT ? ">"
                           : BPF_OP(one.code) == BPF_JGE ? ">="
                                                         : "&";
        next = {at + 1 + one.jt, at + 1 + one.jf};
        words = fmt::format("if a {} {} go to {} else {}", test, operand, next[0], next[1]);
        break;
      }
      case BPF_RET:
        next.clear();
        words = "return " + return_words(one.k);
        break;
      default:
        words = fmt::format("code {:#x}, {:#x}", one.code, one.k);
    }
    for (const std::size_t reached : next) loaded.at(reached) = leaves;
    text += fmt::format("{:4}  {}\n", at, words);
  }
  return text;
}

}  // namespace cloche
