// Run when cloche is built: prints the default filter's programs as C++, so that no start compiles them.
#include <fmt/format.h>

#include "policy/filter.h"

int main() {
  using namespace cloche;
  for (const auto& [machine, name] :
       {std::pair{Machine::x86_64, "x86_64"}, std::pair{Machine::aarch64, "aarch64"}})
    for (const auto& [answer, suffix] :
         {std::pair{Answer::error, "error"}, std::pair{Answer::notify, "notify"}}) {
      fmt::print("constexpr sock_filter k_{}_{}[] = {{\n", name, suffix);
      for (const sock_filter& i : compile(default_policy({}), machine, answer))
        fmt::print("    {{{:#x}, {}, {}, {:#x}}},\n", i.code, i.jt, i.jf, i.k);
      fmt::print("}};\n");
    }
}
