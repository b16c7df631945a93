#include "sandbox/denials.h"

#include <utility>

#include <fmt/format.h>

#include "base/error.h"

namespace cloche {
namespace {

// No part holds a zero byte: texts are escaped.
std::string kind_of(const Denial& denial) {
  return fmt::format("{}{}{}{}{}", call_text(denial.syscall, denial.arguments), '\0', denial.error, '\0',
                     denial.process);
}

}  // namespace

std::string denial_text(const Denial& denial) {
  if (denial.killed) return "a call that the filter kills for, such as one of another architecture (SIGSYS)";
  std::string text = "further calls";
  if (!denial.syscall.empty())
    text = fmt::format("{} {}", call_text(denial.syscall, denial.arguments), errno_name(denial.error));
  if (denial.count > 1) text += fmt::format(" ×{}", denial.count);
  if (!denial.process.empty()) text += " by " + denial.process;
  if (denial.pid) text += fmt::format(" (pid {})", *denial.pid);
  return text;
}

std::string denials_text(const std::vector<Denial>& denials) {
  std::uint64_t calls = 0;
  for (const Denial& one : denials) calls += one.count;
  return fmt::format("refused {} call{} of {} kind{}", calls, calls == 1 ? "" : "s", denials.size(),
                     denials.size() == 1 ? "" : "s");
}

bool DenialTable::knows(const Denial& denial) const {
  return index_.contains(kind_of(denial));
}

const Denial* DenialTable::add(Denial denial) {
  std::string kind = kind_of(denial);
  if (rows_.size() >= most_ && !index_.contains(kind)) {
    denial = {.syscall = denial.syscall, .error = denial.error, .count = denial.count};
    kind = kind_of(denial);
    if (rows_.size() >= 2 * most_ && !index_.contains(kind)) {
      denial = {.count = denial.count};
      kind = kind_of(denial);
    }
  }
  const auto [row, is_new] = index_.emplace(std::move(kind), rows_.size());
  if (!is_new) {
    rows_[row->second].count += denial.count;
    return nullptr;
  }
  return &rows_.emplace_back(std::move(denial));
}

}  // namespace cloche
