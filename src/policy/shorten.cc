#include "policy/shorten.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace cloche {
namespace {

bool is_return(const sock_filter& one) {
  return BPF_CLASS(one.code) == BPF_RET;
}
bool is_jump(const sock_filter& one) {
  return one.code == (BPF_JMP | BPF_JA);
}
bool is_branch(const sock_filter& one) {
  return BPF_CLASS(one.code) == BPF_JMP && !is_jump(one);
}

/// Where `at` leads by jumps that ask nothing.
std::size_t end_of_jumps(const std::vector<sock_filter>& program, std::size_t at) {
  while (is_jump(program[at])) at += 1 + program[at].k;
  return at;
}

/// The last return that says what the one at `target` says and that a branch at `from` reaches.
std::size_t last_alike(const std::vector<sock_filter>& program, std::size_t from, std::size_t target) {
  std::size_t at = std::min(program.size() - 1, from + 1 + kFarthest);
  while (at > target && !(is_return(program[at]) && program[at].k == program[target].k)) --at;
  return std::max(at, target);
}

std::uint8_t straightened(const std::vector<sock_filter>& program, std::size_t from, std::uint8_t over) {
  const std::size_t first = from + 1 + over;
  std::size_t target = end_of_jumps(program, first);
  if (is_return(program[target])) target = last_alike(program, from, target);
  return target <= from + 1 + kFarthest ? static_cast<std::uint8_t>(target - from - 1) : over;
}

std::vector<bool> reached(const std::vector<sock_filter>& program) {
  std::vector<bool> all(program.size());
  if (!all.empty()) all[0] = true;
  for (std::size_t at = 0; at < program.size(); ++at) {
    if (!all[at] || is_return(program[at])) continue;
    if (is_branch(program[at])) {
      all[at + 1 + program[at].jt] = all[at + 1 + program[at].jf] = true;
    } else {
      all[at + 1 + (is_jump(program[at]) ? program[at].k : 0)] = true;
    }
  }
  return all;
}

std::vector<sock_filter> once_shorter(std::vector<sock_filter> straight) {
  for (std::size_t at = 0; at < straight.size(); ++at) {
    if (!is_branch(straight[at])) continue;
    straight[at].jt = straightened(straight, at, straight[at].jt);
    straight[at].jf = straightened(straight, at, straight[at].jf);
  }
  const std::vector<bool> kept = reached(straight);
  std::vector<std::size_t> place(straight.size() + 1);  // in the shorter program
  for (std::size_t at = 0; at < straight.size(); ++at) place[at + 1] = place[at] + (kept[at] ? 1 : 0);
  std::vector<sock_filter> shorter;
  for (std::size_t at = 0; at < straight.size(); ++at) {
    if (!kept[at]) continue;
    sock_filter one = straight[at];
    const auto over = [&](std::size_t old) { return place[at + 1 + old] - place[at] - 1; };
    if (is_branch(one)) {
      one.jt = static_cast<std::uint8_t>(over(one.jt));
      one.jf = static_cast<std::uint8_t>(over(one.jf));
    } else if (is_jump(one)) {
      one.k = static_cast<std::uint32_t>(over(one.k));
    }
    shorter.push_back(one);
  }
  return shorter;
}

}  // namespace

std::vector<sock_filter> shorten(std::vector<sock_filter> program) {
  for (std::size_t before = program.size() + 1; program.size() < before;) {
    before = program.size();
    program = once_shorter(std::move(program));  // what is nearer now may be reached now
  }
  return program;
}

}  // namespace cloche
