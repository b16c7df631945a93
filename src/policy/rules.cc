#include "policy/rules.h"

#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "policy/syscalls.h"
#include "policy/weakenings.h"

namespace cloche {
namespace {

using Compare = Condition::Compare;
constexpr std::uint64_t kLow = 0xFFFFFFFF;
constexpr std::uint32_t kMostErrno = 4095;

/// Arguments that no rule opens without the token; none at all where the token is "".
struct Guard {
  const char* call;
  Condition when;
  const char* what;
  const char* token;
};

constexpr Condition bits(unsigned argument, std::uint64_t value, std::uint64_t mask) {
  return {argument, Compare::masked_equal, value, mask};
}
constexpr Condition flag(std::uint64_t bit) {
  return bits(0, bit, bit);
}

constexpr auto kGuards = std::to_array<Guard>({
    {"clone", flag(CLONE_NEWUSER), "a new user namespace", "userns"},
    {"clone", flag(CLONE_NEWNS), "a new mount namespace", "userns"},
    {"clone", flag(CLONE_NEWPID), "a new pid namespace", "userns"},
    {"clone", flag(CLONE_NEWNET), "a new network namespace", "userns"},
    {"clone", flag(CLONE_NEWIPC), "a new ipc namespace", "userns"},
    {"clone", flag(CLONE_NEWUTS), "a new uts namespace", "userns"},
    {"clone", flag(CLONE_NEWCGROUP), "a new cgroup namespace", "userns"},
    {"clone", flag(0x80 /* CLONE_NEWTIME */), "a new time namespace", "userns"},
    {"ioctl", bits(1, TIOCSTI, kLow), "TIOCSTI, which types into the terminal", ""},
    {"ioctl", bits(1, 0x541C, kLow), "TIOCLINUX, which types into the terminal", ""},
    {"mknod", bits(1, S_IFCHR, S_IFMT), "device nodes", ""},
    {"mknod", bits(1, S_IFBLK, S_IFMT), "device nodes", ""},
    {"mknodat", bits(2, S_IFCHR, S_IFMT), "device nodes", ""},
    {"mknodat", bits(2, S_IFBLK, S_IFMT), "device nodes", ""},
    {"personality", flag(0x0040000 /* ADDR_NO_RANDOMIZE */), "memory without randomisation", "personality"},
    {"socket", bits(0, AF_VSOCK, kLow), "AF_VSOCK sockets", "vsock"},
    {"socketpair", bits(0, AF_VSOCK, kLow), "AF_VSOCK sockets", "vsock"},
});

bool has(const std::vector<std::string>& tokens, std::string_view token) {
  return std::find(tokens.begin(), tokens.end(), token) != tokens.end();
}

/// Whether `wanted` is one of `words`, which blanks separate.
bool lists(std::string_view words, std::string_view wanted) {
  for (std::size_t at = words.find(wanted); at != words.npos; at = words.find(wanted, at + 1)) {
    const std::size_t end = at + wanted.size();
    if ((at == 0 || words[at - 1] == ' ') && (end == words.size() || words[end] == ' ')) return true;
  }
  return false;
}

const SyscallGroup* group_of(std::string_view call) {
  for (const SyscallGroup& group : syscall_groups())
    if (lists(group.calls, call)) return &group;
  return nullptr;
}

/// The token that a rule which allows the whole call needs: none, one, or "" for "nothing allows it".
std::optional<std::string> needed_token(const std::string& call) {
  const SyscallGroup* group = group_of(call);
  if (!group) return std::nullopt;
  const std::string_view name = group->name;
  if (name == "@module" || name == "@handles") return "";
  if (name == "@clone3") return "userns";  // its flags cannot be seen
  for (const Weakening& one : weakenings())
    if (lists(one.groups, name)) return one.token;
  return std::nullopt;
}

[[noreturn]] void refuse(const std::string& what, const std::string& token) {
  if (token.empty())
    throw UsageError(fmt::format("a rule for system calls would allow {}: nothing allows that inside", what),
                     "take it out of the rule");
  throw UsageError(
      fmt::format("a rule for system calls would allow {}: that needs the weakening {} too", what, token),
      fmt::format("say --allow {0}, or allow = [\"{0}\"] under [policy]; it costs: {1}", token,
                  weakening(token).costs));
}

Condition condition_of(const SyscallRule::Condition& asked) {
  constexpr std::pair<std::string_view, Compare> kWords[] = {
      {"==", Compare::equal},      {"!=", Compare::not_equal}, {"<", Compare::less},
      {"<=", Compare::less_equal}, {">", Compare::greater},    {">=", Compare::greater_equal},
      {"&", Compare::masked_equal}};
  if (asked.argument > 5)
    throw UsageError(fmt::format("a rule for system calls compares argument {}", asked.argument),
                     "arguments are numbered from 0 to 5");
  const auto word = std::find_if(std::begin(kWords), std::end(kWords),
                                 [&](const auto& known) { return known.first == asked.compare; });
  if (word == std::end(kWords))
    throw UsageError("a rule for system calls compares by " + in_quotes(asked.compare),
                     "comparisons are ==, !=, <, <=, >, >= and & (under the mask, equal to the value)");
  const bool masked = word->second == Compare::masked_equal;
  if (masked && (asked.value & ~asked.mask) != 0)
    throw UsageError(
        fmt::format("a rule for system calls can never hold: value {:#x} has bits outside its mask "
                    "{:#x}",
                    asked.value, asked.mask),
        "give the mask those bits");
  return {asked.argument, word->second, asked.value, masked ? asked.mask : ~std::uint64_t{0}};
}

Action action_of(const SyscallRule& rule) {
  if (rule.error &&
      (rule.action != SyscallRule::Action::error || *rule.error == 0 || *rule.error > kMostErrno))
    throw UsageError(fmt::format("a rule for system calls has errno {}", *rule.error),
                     "only the action errno takes one, from 1 to 4095");
  switch (rule.action) {
    case SyscallRule::Action::allow:
      return {Action::Kind::allow, 0};
    case SyscallRule::Action::log:
      return {Action::Kind::log, 0};
    case SyscallRule::Action::kill:
      return {Action::Kind::kill, 0};
    case SyscallRule::Action::error:
      break;
  }
  return {Action::Kind::error, static_cast<std::uint16_t>(rule.error.value_or(EPERM))};
}

/// Arguments for which `conditions` hold, as far as one look at each finds them.
CallArguments witness(const std::vector<Condition>& conditions) {
  CallArguments arguments{};
  for (const Condition& one : conditions) {
    std::uint64_t& argument = arguments[one.argument];
    switch (one.compare) {
      case Compare::equal:
      case Compare::masked_equal:
        argument |= one.value;
        break;
      case Compare::greater:
        argument = std::max(argument, one.value + 1);
        break;
      case Compare::greater_equal:
        argument = std::max(argument, one.value);
        break;
      default:
        break;  // 0 is below all, and where it is not, a guard's own rule still stands in front
    }
  }
  return arguments;
}

void check_allowed(const std::string& call, const std::vector<Condition>& when,
                   const std::vector<std::string>& tokens) {
  if (const auto token = needed_token(call); token && !has(tokens, *token)) refuse(call, *token);
  if (when.empty()) return;
  const CallArguments asked = witness(when);
  for (const Guard& guard : kGuards)
    if (call == guard.call && !has(tokens, guard.token) && holds(guard.when, asked))
      refuse(fmt::format("{} for {}", call, guard.what), guard.token);
}

/// In front of what the rules say: the arguments that stay refused.
void put_guards(const std::string& call, CallPolicy& policy, const std::vector<std::string>& tokens) {
  std::vector<CallPolicy::Rule> front;
  for (const Guard& guard : kGuards)
    if (call == guard.call && !has(tokens, guard.token))
      front.push_back({{guard.when}, {Action::Kind::error, EPERM}});
  policy.rules.insert(policy.rules.begin(), front.begin(), front.end());
}

[[noreturn]] void no_such(const char* kind, const std::string& word) {
  const bool group_meant = word.starts_with('@');
  std::vector<std::string> known;
  for (const SyscallGroup& group : syscall_groups()) {
    if (group_meant) known.emplace_back(group.name);
    for (const std::string& name : split(group.calls, ' '))
      if (!group_meant) known.push_back(name);
  }
  const auto meant = nearest(word, known);
  throw UsageError(fmt::format("there is no {} {}", kind, in_quotes(word)),
                   meant         ? "did you mean " + *meant + "?"
                   : group_meant ? "there are: " + join(known, ", ")
                                 : "names are those of syscalls(2); groups begin with @");
}

bool opens(const Action& action) {
  return action.kind == Action::Kind::allow || action.kind == Action::Kind::log;
}

}  // namespace

std::vector<std::string> expand_calls(const std::vector<std::string>& words) {
  std::vector<std::string> calls;
  for (const std::string& word : words) {
    if (!word.starts_with('@')) {
      if (!group_of(word)) no_such("system call", word);
      calls.push_back(word);
      continue;
    }
    const auto groups = syscall_groups();
    const auto group =
        std::find_if(groups.begin(), groups.end(), [&](const SyscallGroup& one) { return word == one.name; });
    if (group == groups.end()) no_such("group of system calls", word);
    for (std::string& name : split(group->calls, ' ')) calls.push_back(std::move(name));
  }
  return calls;
}

FilterPolicy apply_rules(FilterPolicy base, const std::vector<SyscallRule>& rules,
                         const std::vector<std::string>& tokens) {
  std::vector<std::string> guarded;
  for (const SyscallRule& rule : rules) {
    const Action action = action_of(rule);
    std::vector<Condition> when;
    for (const auto& condition : rule.when) when.push_back(condition_of(condition));
    for (const std::string& call : expand_calls(rule.names)) {
      if (opens(action)) {
        check_allowed(call, when, tokens);
        if (!has(guarded, call)) guarded.push_back(call);
      }
      CallPolicy& policy = base.calls.try_emplace(call, CallPolicy{{}, base.unknown}).first->second;
      if (when.empty())
        policy = {{}, action};
      else
        policy.rules.insert(policy.rules.begin(), {when, action});
    }
  }
  for (const std::string& call : guarded) put_guards(call, base.calls.at(call), tokens);
  return base;
}

FilterPolicy open_policy() {
  return {{}, {Action::Kind::allow, 0}};
}

}  // namespace cloche
