// Run when cloche is built: prints the programs of the filters that ship as C++, so that no start compiles
// them.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "policy/confining_calls.h"
#include "policy/rules.h"
#include "policy/shipped_filters.h"
#include "spec/profiles.h"
#include "spec/shipped.h"

namespace {

using namespace cloche;

/// By their keys: of the default policy, and of the profiles.
std::map<std::string, std::vector<SyscallRule>> shipped_rules() {
  const ProfileContext anybody = {
      profile_variables({}, "/home/user", "user", "/home/user", "/run/user/1000"), "", "", 0, {}};
  std::map<std::string, std::vector<SyscallRule>> all = {{filter_key({}), {}}};
  for (const ShippedProfile& profile : shipped_profiles()) {
    const auto rules =
        load_profiles({std::string("shipped:") + profile.name}, anybody).spec().policy.syscalls;
    all.emplace(filter_key(rules), rules);
  }
  return all;
}

std::string printed(const std::vector<sock_filter>& program, const std::string& name) {
  fmt::print("constexpr sock_filter {}[] = {{\n", name);
  for (const sock_filter& i : program) fmt::print("    {{{:#x}, {}, {}, {:#x}}},\n", i.code, i.jt, i.jf, i.k);
  fmt::print("}};\n");
  return name;
}

}  // namespace

int main() {
  std::string table;
  int number = 0;
  for (const auto& [key, rules] : shipped_rules()) {
    const FilterPolicy policy = apply_rules(default_policy({}), rules, {});
    for (const auto& [machine, name] :
         {std::pair{Machine::x86_64, "x86_64"}, std::pair{Machine::aarch64, "aarch64"}})
      table += fmt::format(
          "    {{\"{}\", Machine::{}, {{{}, {}, {}, {}}}}},\n", key, name,
          printed(compile(policy, machine, Answer::error), fmt::format("k_{}_{}_error", name, number)),
          printed(compile(policy, machine, Answer::notify), fmt::format("k_{}_{}_notify", name, number)),
          !allows_always(policy, "sendmsg"),
          std::all_of(std::begin(kConfiningCalls), std::end(kConfiningCalls),
                      [&](const char* call) { return allows_always(policy, call); }));
    ++number;
  }
  fmt::print("constexpr Baked kBaked[] = {{\n{}}};\n", table);
}
