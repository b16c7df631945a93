// The system call policy as a plain value, and the BPF program that carries it out.
//
//   FilterPolicy policy = default_policy({"ptrace"});
//   std::vector<sock_filter> program = compile(policy, Machine::x86_64, Answer::error);
//
// libseccomp gives the names and numbers. The program is our own, for its cost: after the check of the
// machine it halves the ranges of numbers that end alike until one is left, eight comparisons for the default
// policy. It is as short as that allows (policy/shorten.h), and has only instructions that the kernel's cache
// can follow (seccomp_is_const_allow in kernel/seccomp.c): what is allowed whatever its arguments are then
// never runs it. libseccomp's program for the same rules is the second reader in the tests.
//
// What the program says: a foreign architecture or an x32 number kills the process; each named call has its
// verdict, by its arguments where they decide; all others are answered as `unknown`.
#pragma once

#include <linux/filter.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cloche {

enum class Machine { x86_64, aarch64 };
/// The one that this program was built for.
Machine this_machine();

/// What a refused call meets: the errno, or the supervisor, who notes it and answers the same errno.
enum class Answer { error, notify };

struct Condition {
  enum class Compare { equal, not_equal, less, less_equal, greater, greater_equal, masked_equal };
  unsigned argument = 0;  ///< 0 to 5
  Compare compare = Compare::equal;
  std::uint64_t value = 0;
  std::uint64_t mask = ~std::uint64_t{0};  ///< of masked_equal: (argument & mask) == value
  bool operator==(const Condition&) const = default;
};

struct Action {
  /// `kill` ends the process; `trace` is ENOSYS where no tracer listens; `log` allows, and the kernel notes
  /// it.
  enum class Kind { allow, error, kill, kill_thread, trap, trace, log };
  Kind kind = Kind::allow;
  std::uint16_t error = 0;  ///< of error; of trace, what the tracer is told
  bool operator==(const Action&) const = default;
};

/// The first rule whose conditions all hold decides; if none does, `otherwise`.
struct CallPolicy {
  struct Rule {
    std::vector<Condition> when;
    Action action;
    bool operator==(const Rule&) const = default;
  };
  std::vector<Rule> rules;
  Action otherwise;
  bool operator==(const CallPolicy&) const = default;
};

struct FilterPolicy {
  std::map<std::string, CallPolicy> calls;
  Action unknown;  ///< for every call that is not named
  bool operator==(const FilterPolicy&) const = default;
};

using CallArguments = std::array<std::uint64_t, 6>;

bool holds(const Condition& condition, const CallArguments& arguments);

/// What `policy` says of a call; compile()'s program says the same, a property test keeps it so.
Action decide(const FilterPolicy& policy, const std::string& name, const CallArguments& arguments);

/// Whatever its arguments are, `name` is let through.
bool allows_always(const FilterPolicy& policy, const std::string& name);

/// The call's name, empty where libseccomp knows none of that number.
std::string call_name(std::uint32_t number, Machine machine);
/// None where `machine` has no such call, or nobody has.
std::optional<std::uint32_t> call_number(const std::string& name, Machine machine);

/// What cloche does by default, weakened by `tokens` (policy/weakenings.h).
FilterPolicy default_policy(const std::vector<std::string>& tokens);

/// Names that `machine` does not have are passed over. Throws Error where the program would be too long for
/// the kernel (4096 instructions).
std::vector<sock_filter> compile(const FilterPolicy& policy, Machine machine, Answer answer);

}  // namespace cloche
