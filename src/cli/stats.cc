#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/running.h"
#include "cli/running_options.h"

namespace cloche::cli {
namespace {

using Json = nlohmann::ordered_json;
using Number = std::optional<std::uint64_t>;

constexpr auto kOptions = std::to_array<Option>({
    {"json", "", "print JSON instead of a table", "Output"},
    {"watch", "", "a live table, once a second; q ends it", "Output"},
});
constexpr int kPeriod = 1000;    // ms between two samples of --watch
constexpr int kSparkWidth = 20;  // samples that a sparkline shows

struct Sample {
  std::string name;
  bool paused = false;
  Figures used;
  Number cpu_usec, memory, memory_limit, tasks, tasks_limit;
  std::chrono::steady_clock::time_point at;
};

std::vector<Sample> samples(const std::string& folder, const std::optional<std::string>& only) {
  std::vector<RunningSandbox> running =
      only ? std::vector{running_sandbox(folder, *only)} : running_sandboxes(folder);
  std::vector<Sample> all;
  for (const RunningSandbox& one : running) {
    Sample sample{.name = one.name, .at = std::chrono::steady_clock::now()};
    if (const auto cgroup = cgroup_of(one)) {
      sample.paused = is_paused(*cgroup);
      sample.used = cgroup->figures();
      sample.cpu_usec = cgroup->number("cpu.stat", "usage_usec");
      sample.memory = cgroup->number("memory.current");
      sample.memory_limit = limit_of(*cgroup, "memory.max");
      sample.tasks = cgroup->number("pids.current");
      sample.tasks_limit = limit_of(*cgroup, "pids.max");
    }
    all.push_back(std::move(sample));
  }
  return all;
}

std::string count_or_unknown(const Number& count) {
  return count ? std::to_string(*count) : "?";
}
std::string with_limit(const std::string& now, const std::string& limit) {
  return limit.empty() ? now : now + " / " + limit;
}
std::string memory_words(const Sample& s) {
  return with_limit(size_or_unknown(s.memory), s.memory_limit ? size_words(*s.memory_limit) : "");
}
std::string tasks_words(const Sample& s) {
  return with_limit(count_or_unknown(s.tasks), s.tasks_limit ? std::to_string(*s.tasks_limit) : "");
}
std::string time_words(const Number& usec) {
  return usec ? duration_words(Duration(*usec)) : "?";
}

Json or_null(const Number& number) {
  return number ? Json(*number) : Json(nullptr);
}
Json seconds(const Number& usec) {
  return usec ? Json(static_cast<double>(*usec) / 1e6) : Json(nullptr);
}

Json as_json(const Sample& s) {
  return {{"name", s.name},
          {"state", s.paused ? "paused" : "running"},
          {"cpu",
           {{"total_seconds", seconds(s.cpu_usec)},
            {"user_seconds", seconds(s.used.cpu_user_usec)},
            {"system_seconds", seconds(s.used.cpu_system_usec)},
            {"throttled_seconds", seconds(s.used.cpu_throttled_usec)}}},
          {"memory",
           {{"current_bytes", or_null(s.memory)},
            {"peak_bytes", or_null(s.used.memory_peak)},
            {"limit_bytes", or_null(s.memory_limit)},
            {"oom_kills", or_null(s.used.oom_kills)}}},
          {"tasks",
           {{"current", or_null(s.tasks)},
            {"peak", or_null(s.used.tasks_peak)},
            {"limit", or_null(s.tasks_limit)},
            {"refused", or_null(s.used.tasks_refused)}}},
          {"io",
           {{"read_bytes", or_null(s.used.io_read_bytes)}, {"write_bytes", or_null(s.used.io_write_bytes)}}},
          {"pressure",
           {{"cpu", seconds(s.used.cpu_pressure_usec)},
            {"memory", seconds(s.used.memory_pressure_usec)},
            {"io", seconds(s.used.io_pressure_usec)}}}};
}

std::string once(const std::vector<Sample>& all) {
  std::vector<std::vector<std::string>> rows = {
      {"NAME", "STATE", "CPU TIME", "MEMORY", "PEAK", "TASKS", "READ", "WRITTEN"}};
  for (const Sample& s : all)
    rows.push_back({s.name, s.paused ? "paused" : "running", time_words(s.cpu_usec), memory_words(s),
                    size_or_unknown(s.used.memory_peak), tasks_words(s),
                    size_or_unknown(s.used.io_read_bytes), size_or_unknown(s.used.io_write_bytes)});
  return table(rows);
}

/// The cpu's use from one sample to the next, in cores, for each sandbox.
class History {
 public:
  /// None before the second sample.
  std::optional<double> add(const Sample& now) {
    Past& past = past_[now.name];
    std::optional<double> cores;
    if (past.cpu_usec && now.cpu_usec && *now.cpu_usec >= *past.cpu_usec) {
      const double usec = std::chrono::duration<double, std::micro>(now.at - past.at).count();
      if (usec > 0) cores = static_cast<double>(*now.cpu_usec - *past.cpu_usec) / usec;
    }
    past.cpu_usec = now.cpu_usec;
    past.at = now.at;
    if (cores) past.cores.push_back(*cores);
    if (past.cores.size() > kSparkWidth) past.cores.erase(past.cores.begin());
    return cores;
  }

  std::string sparkline(const std::string& name) {
    static constexpr const char* kLevels[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const std::vector<double>& cores = past_[name].cores;
    const double top = cores.empty() ? 1 : std::max(1.0, *std::max_element(cores.begin(), cores.end()));
    std::string line;
    for (const double value : cores) line += kLevels[std::clamp(static_cast<int>(value / top * 7.99), 0, 7)];
    return line;
  }

 private:
  struct Past {
    Number cpu_usec;
    std::chrono::steady_clock::time_point at;
    std::vector<double> cores;
  };
  std::map<std::string, Past> past_;
};

/// Keys come one by one and unseen; the terminal is as it was afterwards.
class RawKeys {
 public:
  RawKeys() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    fmt::print("\x1b[?1049h\x1b[?25l");  // a screen of its own, without a cursor
  }
  ~RawKeys() {
    fmt::print("\x1b[?25h\x1b[?1049l");
    std::fflush(stdout);
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  RawKeys(const RawKeys&) = delete;
  RawKeys& operator=(const RawKeys&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

std::string live(const std::vector<Sample>& all, History& history) {
  std::vector<std::vector<std::string>> rows = {{"NAME", "STATE", "CORES", "MEMORY", "TASKS", "CPU"}};
  for (const Sample& s : all) {
    const auto cores = history.add(s);
    rows.push_back({s.name, s.paused ? "paused" : "running", cores ? fmt::format("{:.2f}", *cores) : "?",
                    memory_words(s), tasks_words(s), history.sparkline(s.name)});
  }
  return table(rows) + (all.empty() ? "\nNothing runs.\n" : "") + "\nq quits\n";
}

int watch(const std::string& folder, const std::optional<std::string>& only) {
  if (!::isatty(STDIN_FILENO) || !::isatty(STDOUT_FILENO))
    throw UsageError("--watch needs a terminal", "for a script: cloche stats --json");
  samples(folder, only);  // a wrong name is said before the screen is taken
  RawKeys keys;
  History history;
  while (true) {
    std::string text;
    try {
      text = live(samples(folder, only), history);
    } catch (const Error&) {
      return 0;  // the one that was watched has ended
    }
    fmt::print("\x1b[H\x1b[2J{}", text);
    std::fflush(stdout);
    pollfd ready = {STDIN_FILENO, POLLIN, 0};
    if (::poll(&ready, 1, kPeriod) <= 0) continue;
    char key = 0;
    if (::read(STDIN_FILENO, &key, 1) <= 0 || key == 'q' || key == 3 || key == 4) return 0;
  }
}

}  // namespace

std::span<const Option> stats_options() {
  return kOptions;
}

int stats(const Words& words) {
  const Parsed parsed = parse_mixed(kOptions, words);
  if (parsed.words.size() > 1)
    throw UsageError("one name is expected, not " + in_quotes(parsed.words[1]) + " too");
  const std::optional<std::string> only =
      parsed.words.empty() ? std::nullopt : std::optional(parsed.words.front());
  const std::string folder = own_registry();
  if (parsed.has("watch")) return watch(folder, only);
  const auto all = samples(folder, only);
  if (!parsed.has("json")) {
    fmt::print("{}", once(all));
    return 0;
  }
  Json list = Json::array();
  for (const Sample& sample : all) list.push_back(as_json(sample));
  fmt::print("{}\n", only ? list.front().dump(2) : list.dump(2));
  return 0;
}

}  // namespace cloche::cli
