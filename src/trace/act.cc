#include "trace/act.h"

namespace cloche {
namespace {

// A payload can make up names without end; what a person reads, or a profile holds, is far below.
constexpr std::size_t kMostActs = 200'000;

}  // namespace

void Log::add(const Act& act, const std::function<std::string()>& process) {
  auto found = acts_.find(act);
  if (found == acts_.end()) {
    if (acts_.size() >= kMostActs) {
      ++lost_;
      return;
    }
    found = acts_.emplace(act, Evidence{0, process(), 0}).first;
  }
  ++found->second.count;
  found->second.last = ++clock_;
}

void Log::count_call(std::uint32_t number, const std::function<std::string()>& process) {
  auto found = calls_.find(number);
  if (found == calls_.end()) found = calls_.emplace(number, Evidence{0, process(), 0}).first;
  ++found->second.count;
  found->second.last = ++clock_;
}

}  // namespace cloche
