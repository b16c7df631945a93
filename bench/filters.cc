// What making a filter takes at start, in µs (the best of many, so that a busy neighbour is not measured):
// `filters [SECCOMP.json]`.
#include <chrono>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "policy/rules.h"
#include "policy/seccomp_file.h"

namespace {

template <typename Step>
void measure(const char* what, Step step) {
  using Clock = std::chrono::steady_clock;
  double best = 1e9;
  std::size_t length = 0;
  for (int turn = 0; turn < 300; ++turn) {
    const auto begun = Clock::now();
    length = step().size();
    best = std::min(best, std::chrono::duration<double, std::micro>(Clock::now() - begun).count());
  }
  fmt::print("{:40} {:8.1f} µs, {} instructions\n", what, best, length);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace cloche;
  const Machine here = this_machine();
  const std::vector<SyscallRule> rules = {{{"@time", "uname"}, SyscallRule::Action::error, {}, {}},
                                          {{"getpriority"}, SyscallRule::Action::allow, {}, {{0, "==", 1}}},
                                          {{"@debug"}, SyscallRule::Action::allow, {}, {}}};
  measure("the default one, made at build time", [] { return default_filter({}, Answer::error); });
  measure("with --allow ptrace", [] { return default_filter({"ptrace"}, Answer::error); });
  measure("with a profile's rules", [&] {
    return compile(apply_rules(default_policy({"ptrace"}), rules, {"ptrace"}), here, Answer::error);
  });
  std::ifstream file(argc > 1 ? argv[1] : "/usr/share/containers/seccomp.json");
  std::ostringstream text;
  text << file.rdbuf();
  if (text.str().empty()) return 0;
  measure("from a container engine's file", [&] {
    return compile(read_seccomp_file(text.str(), "file", {{}, here, 6, 1}).policy, here, Answer::error);
  });
}
