// A second reader of the filters' programs: runs classic BPF over a seccomp_data as the kernel would, and
// shares no code with what makes them. What the kernel would refuse to load throws.
//
//   EXPECT_EQ(run_bpf(program, call(AUDIT_ARCH_X86_64, SYS_mount)), SECCOMP_RET_ERRNO | EPERM);
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace cloche {

inline seccomp_data call(std::uint32_t arch, std::uint32_t number,
                         const std::vector<std::uint64_t>& args = {}) {
  seccomp_data data{};
  data.arch = arch;
  data.nr = static_cast<int>(number);
  for (std::size_t i = 0; i < args.size(); ++i) data.args[i] = args[i];
  return data;
}

inline std::uint32_t run_bpf(const std::vector<sock_filter>& program, const seccomp_data& data) {
  std::uint32_t a = 0, x = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& one = program[at];
    const std::uint32_t operand = BPF_SRC(one.code) == BPF_X ? x : one.k;
    switch (BPF_CLASS(one.code)) {
      case BPF_LD:
        if (one.code == (BPF_LD | BPF_IMM)) {
          a = one.k;
        } else if (one.code == (BPF_LD | BPF_W | BPF_ABS) && one.k % 4 == 0 && one.k < sizeof data) {
          std::memcpy(&a, reinterpret_cast<const char*>(&data) + one.k, 4);
        } else {
          throw std::runtime_error("a load that the kernel refuses");
        }
        break;
      case BPF_MISC:
        BPF_MISCOP(one.code) == BPF_TAX ? x = a : a = x;
        break;
      case BPF_ALU:
        if (BPF_OP(one.code) == BPF_AND) {
          a &= operand;
        } else if (BPF_OP(one.code) == BPF_RSH && operand < 32) {
          a >>= operand;
        } else {
          throw std::runtime_error("an operation that no filter of cloche needs");
        }
        break;
      case BPF_JMP: {
        if (BPF_OP(one.code) == BPF_JA) {
          at += one.k;
          break;
        }
        const bool yes = BPF_OP(one.code) == BPF_JEQ   ? a == operand
                         : BPF_OP(one.code) == BPF_JGT ? a > operand
                         : BPF_OP(one.code) == BPF_JGE ? a >= operand
                         : BPF_OP(one.code) == BPF_JSET
                             ? (a & operand) != 0
                             : throw std::runtime_error("a jump that the kernel refuses");
        at += yes ? one.jt : one.jf;
        break;
      }
      case BPF_RET:
        return one.k;
      default:
        throw std::runtime_error("an instruction that the kernel refuses");
    }
  }
  throw std::runtime_error("the program runs past its end");
}

}  // namespace cloche
