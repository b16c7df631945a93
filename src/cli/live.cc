#include "cli/live.h"

#include <fmt/format.h>

#include "base/units.h"
#include "cli/running.h"

namespace cloche::cli {
namespace {

std::string with_limit(const std::string& now, const std::string& limit) {
  return limit.empty() ? now : now + " / " + limit;
}

}  // namespace

std::vector<Live> live_figures(const std::string& folder, const std::optional<std::string>& only) {
  const std::vector<RunningSandbox> running =
      only ? std::vector{running_sandbox(folder, *only)} : running_sandboxes(folder);
  std::vector<Live> all;
  for (const RunningSandbox& one : running) {
    Live live{.name = one.name, .at = std::chrono::steady_clock::now()};
    if (const auto cgroup = cgroup_of(one)) {
      live.paused = is_paused(*cgroup);
      live.used = cgroup->figures();
      live.cpu_usec = cgroup->number("cpu.stat", "usage_usec");
      live.memory = cgroup->number("memory.current");
      live.memory_limit = limit_of(*cgroup, "memory.max");
      live.tasks = cgroup->number("pids.current");
      live.tasks_limit = limit_of(*cgroup, "pids.max");
    }
    all.push_back(std::move(live));
  }
  return all;
}

std::string memory_words(const Live& live) {
  return with_limit(size_or_unknown(live.memory), live.memory_limit ? size_words(*live.memory_limit) : "");
}

std::string tasks_words(const Live& live) {
  return with_limit(live.tasks ? std::to_string(*live.tasks) : "?",
                    live.tasks_limit ? std::to_string(*live.tasks_limit) : "");
}

}  // namespace cloche::cli
