#include <algorithm>
#include <array>
#include <ctime>

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
constexpr auto kOptions = std::to_array<Option>({{"json", "", "print JSON instead of a table", "Output"}});

Json or_null(const std::optional<std::uint64_t>& number) {
  return number.has_value() ? Json(number.value()) : Json(nullptr);
}

std::string age(const RunningSandbox& sandbox) {
  return duration_words(std::chrono::seconds(std::max<std::int64_t>(0, ::time(nullptr) - sandbox.started)));
}

}  // namespace

std::span<const Option> ps_options() {
  return kOptions;
}

int ps(const Words& words) {
  const Parsed parsed = parse(kOptions, words);
  if (!parsed.words.empty()) throw UsageError("ps takes no name", "cloche inspect shows one sandbox");
  Json all = Json::array();
  std::vector<std::vector<std::string>> rows = {
      {"NAME", "STATE", "PID", "AGE", "TASKS", "MEMORY", "COMMAND"}};
  for (const RunningSandbox& one : running_sandboxes(own_registry())) {
    const auto cgroup = cgroup_of(one);
    const auto tasks = cgroup ? cgroup->number("pids.current") : std::nullopt;
    const auto memory = cgroup ? cgroup->number("memory.current") : std::nullopt;
    const char* state = cgroup && is_paused(*cgroup) ? "paused" : "running";
    rows.push_back({one.name, state, std::to_string(one.init), age(one), tasks ? std::to_string(*tasks) : "?",
                    size_or_unknown(memory), printable(shell_line(one.command)).substr(0, 60)});
    all.push_back({{"name", one.name},
                   {"state", state},
                   {"pid", one.init},
                   {"supervisor", one.supervisor},
                   {"started", one.started},
                   {"tasks", or_null(tasks)},
                   {"memory_bytes", or_null(memory)},
                   {"cgroup", one.cgroup.empty() ? Json(nullptr) : Json(one.cgroup)},
                   {"command", one.command}});
  }
  const auto replace = Json::error_handler_t::replace;
  fmt::print("{}", parsed.has("json") ? all.dump(2, ' ', false, replace) + "\n" : table(rows));
  return 0;
}

}  // namespace cloche::cli
