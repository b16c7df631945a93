// A policy and its program in words, for people: what `cloche profile show --syscalls` and `--bpf` print.
//
//   for (const CallVerdict& one : verdicts(policy, this_machine()))
//     fmt::print("{} {}\n", one.name, one.verdict);   // "socket  by argument: argument 0 & 0xffffffff == 1:
//     allow; …"
#pragma once

#include <string>
#include <vector>

#include "policy/filter.h"

namespace cloche {

struct CallVerdict {
  std::string name, group;  ///< group: "" for a call that is in none
  std::uint32_t number = 0;
  std::string verdict;  ///< "allow", "EPERM", "kill"..., "by argument"
  std::vector<std::string>
      detail;  ///< of "by argument": "argument 1 == 0x5412: EPERM", the last "else: allow"
};

/// Every call that `machine` has, in the order of names: those that libseccomp names, and the policy's own.
std::vector<CallVerdict> verdicts(const FilterPolicy& policy, Machine machine);

std::string in_words(const Action& action);
std::string in_words(const Condition& condition);

/// One line an instruction, with the calls' names where a number is compared.
std::string listing(const std::vector<sock_filter>& program, Machine machine);

}  // namespace cloche
