#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"
#include "cgroup/limits.h"
#include "cgroup/place.h"
#include "cli/run_options.h"
#include "cli/running.h"
#include "cli/running_options.h"
#include "plan/limit_files.h"

namespace cloche::cli {
namespace {

constexpr auto kNames = std::to_array<std::string_view>(
    {"memory", "memory-high", "swap", "cpus", "cpu-weight", "tasks", "io-weight", "io-max", "cpuset"});

}  // namespace

std::span<const Option> update_options() {
  static const std::vector<Option> rows = [] {
    std::vector<Option> some;
    for (const Option& option : run_options())
      if (std::find(kNames.begin(), kNames.end(), option.name) != kNames.end()) some.push_back(option);
    return some;
  }();
  return rows;
}

int update(const Words& words) {
  const Parsed parsed = parse_mixed(update_options(), words);
  const LimitsSpec limits = read_run_request(parsed).spec.limits;
  const auto files = limit_files(limits);
  if (files.empty())
    throw UsageError("no limit to change was given", "such as: cloche update NAME --memory 2G");
  const RunningSandbox one = named(parsed);
  const CgroupDirectory payload = needed_cgroup(one, "update the limits of");
  switch_on_controllers(CgroupDirectory(payload.path() + "/.."), files);
  for (const LimitFile& file : files) apply(payload, file);
  return 0;
}

}  // namespace cloche::cli
