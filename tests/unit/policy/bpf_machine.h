// A second reader of the filters' programs: runs classic BPF over a seccomp_data as the kernel would, and
// shares no code with what makes them. What the kernel would refuse to load throws, and so does what its
// cache of calls that are always allowed cannot follow (kernel/seccomp.c: seccomp_is_const_allow): a program
// with such an instruction is run anew for every call.
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

/// Reading what lies behind the first `readable` bytes of `data` throws as well.
inline std::uint32_t run_bpf(const std::vector<sock_filter>& program, const seccomp_data& data,
                             std::size_t readable = sizeof(seccomp_data)) {
  std::uint32_t a = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& one = program[at];
    switch (BPF_CLASS(one.code)) {
      case BPF_LD:
        if (one.code == (BPF_LD | BPF_W | BPF_ABS) && one.k % 4 == 0 && one.k < readable) {
          std::memcpy(&a, reinterpret_cast<const char*>(&data) + one.k, 4);
        } else {
          throw std::runtime_error("a load that the kernel refuses, or that its cache cannot follow");
        }
        break;
      case BPF_ALU:
        if (one.code != (BPF_ALU | BPF_AND | BPF_K))
          throw std::runtime_error("an operation that the kernel's cache cannot follow");
        a &= one.k;
        break;
      case BPF_JMP: {
        if (BPF_OP(one.code) == BPF_JA) {
          at += one.k;
          break;
        }
        if (BPF_SRC(one.code) != BPF_K)
          throw std::runtime_error("a jump that the kernel's cache cannot follow");
        const bool yes = BPF_OP(one.code) == BPF_JEQ   ? a == one.k
                         : BPF_OP(one.code) == BPF_JGT ? a > one.k
                         : BPF_OP(one.code) == BPF_JGE ? a >= one.k
                         : BPF_OP(one.code) == BPF_JSET
                             ? (a & one.k) != 0
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
