// Any text as a filter file: it is refused with one line, or it is a policy whose program says what it says.
#include <linux/audit.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "policy/seccomp_file.h"
#include "policy/verdicts.h"
#include "unit/policy/bpf_machine.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace cloche;

void check(const FilterPolicy& policy, Machine machine) {
  std::vector<sock_filter> program;
  try {
    program = compile(policy, machine, Answer::error);
  } catch (const Error&) {
    return;  // longer than the kernel takes
  }
  const std::uint32_t arch = machine == Machine::x86_64 ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_AARCH64;
  for (const auto& [name, call_policy] : policy.calls) {
    const auto number = call_number(name, machine);
    if (!number) continue;
    for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{3}, ~std::uint64_t{0}}) {
      const bool allowed = decide(policy, name, {value, value, value}).kind == Action::Kind::allow;
      if (allowed != (run_bpf(program, call(arch, *number, {value, value, value})) == SECCOMP_RET_ALLOW))
        std::abort();
    }
  }
  if (verdicts(policy, machine).empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const Machine machine : {Machine::x86_64, Machine::aarch64}) {
    try {
      check(read_seccomp_file(text, "filter.json", {{"chown"}, machine, 6, 1}).policy, machine);
    } catch (const Error& error) {
      if (std::string_view(error.what()).find('\n') != std::string_view::npos) std::abort();
    }
  }
  return 0;
}
