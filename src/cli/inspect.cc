#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/running.h"
#include "cli/running_options.h"

namespace cloche::cli {
namespace {

constexpr auto kOptions =
    std::to_array<Option>({{"json", "", "print JSON, which is what it prints anyway", "Output"}});

}  // namespace

std::span<const Option> inspect_options() {
  return kOptions;
}

int inspect(const Words& words) {
  using Json = nlohmann::ordered_json;
  const RunningSandbox one = named(parse_mixed(kOptions, words));
  const auto cgroup = cgroup_of(one);
  const Json told = {{"name", one.name},
                     {"state", cgroup && is_paused(*cgroup) ? "paused" : "running"},
                     {"pid", one.init},
                     {"supervisor", one.supervisor},
                     {"started", one.started},
                     {"cgroup", one.cgroup.empty() ? Json(nullptr) : Json(one.cgroup)},
                     {"plan", Json::parse(one.plan)}};
  fmt::print("{}\n", told.dump(2, ' ', false, Json::error_handler_t::replace));
  return 0;
}

}  // namespace cloche::cli
