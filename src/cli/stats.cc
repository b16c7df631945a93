#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/live.h"
#include "cli/running.h"
#include "cli/running_options.h"
#include "cli/watch.h"

namespace cloche::cli {
namespace {

using Json = nlohmann::ordered_json;
using Number = std::optional<std::uint64_t>;

constexpr auto kOptions = std::to_array<Option>({
    {"json", "", "print JSON instead of a table", "Output"},
    {"watch", "", "a live table, with keys to sort, pause and kill", "Output"},
});

std::string time_words(const Number& usec) {
  return usec ? duration_words(Duration(*usec)) : "?";
}

Json or_null(const Number& number) {
  return number ? Json(*number) : Json(nullptr);
}
Json seconds(const Number& usec) {
  return usec ? Json(static_cast<double>(*usec) / 1e6) : Json(nullptr);
}

Json as_json(const Live& s) {
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

std::string once(const std::vector<Live>& all) {
  std::vector<std::vector<std::string>> rows = {
      {"NAME", "STATE", "CPU TIME", "MEMORY", "PEAK", "TASKS", "READ", "WRITTEN"}};
  for (const Live& s : all)
    rows.push_back({s.name, s.paused ? "paused" : "running", time_words(s.cpu_usec), memory_words(s),
                    size_or_unknown(s.used.memory_peak), tasks_words(s),
                    size_or_unknown(s.used.io_read_bytes), size_or_unknown(s.used.io_write_bytes)});
  return table(rows);
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
  const auto all = live_figures(folder, only);
  if (!parsed.has("json")) {
    fmt::print("{}", once(all));
    return 0;
  }
  Json list = Json::array();
  for (const Live& live : all) list.push_back(as_json(live));
  fmt::print("{}\n", only ? list.front().dump(2) : list.dump(2));
  return 0;
}

}  // namespace cloche::cli
