// What running sandboxes use at one moment, read from their cgroups: for `cloche stats`, once or live.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cgroup/figures.h"

namespace cloche::cli {

struct Live {
  using Number = std::optional<std::uint64_t>;
  std::string name;
  bool paused = false;
  Figures used;
  Number cpu_usec, memory, memory_limit, tasks, tasks_limit;  ///< no limit holds nothing
  std::chrono::steady_clock::time_point at;
};

/// All in the registry's folder, or the one named: throws Error where that does not run.
std::vector<Live> live_figures(const std::string& folder, const std::optional<std::string>& only);

/// "31.0 MiB / 64.0 MiB", "12 / 50", "?" for what is not known.
std::string memory_words(const Live& live);
std::string tasks_words(const Live& live);

}  // namespace cloche::cli
