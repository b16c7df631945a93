#include "cli/report.h"

#include <algorithm>
#include <csignal>
#include <cstring>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/explained.h"

namespace cloche::cli {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json seconds(const std::optional<std::uint64_t>& microseconds) {
  return microseconds ? Json(static_cast<double>(*microseconds) / 1e6) : Json(nullptr);
}

std::string signal_name(int number) {
  const char* abbreviation = ::sigabbrev_np(number);
  return abbreviation ? fmt::format("SIG{}", abbreviation) : fmt::format("signal {}", number);
}

std::string known(const std::optional<std::uint64_t>& bytes) {
  return bytes ? size_words(*bytes) : "?";
}
std::string known_time(const std::optional<std::uint64_t>& microseconds) {
  return microseconds ? duration_words(Duration(*microseconds)) : "?";
}

Json denial_json(const Denial& denial) {
  Json arguments = Json::array();
  for (const Argument& one : denial.arguments.value_or(std::vector<Argument>{}))
    arguments.push_back({{"name", one.name}, {"value", one.words + (one.cut ? "…" : "")}});
  return {{"layer", "seccomp"},
          {"syscall", denial.syscall.empty() ? Json(nullptr) : Json(denial.syscall)},
          {"arguments", denial.arguments ? std::move(arguments) : Json(nullptr)},
          {"action", denial.killed ? "kill" : "errno"},
          {"errno", denial.syscall.empty() ? Json(nullptr) : Json(errno_name(denial.error))},
          {"count", denial.count},
          {"process",
           {{"name", denial.process.empty() ? Json(nullptr) : Json(denial.process)},
            {"pid", or_null(denial.pid)},
            {"host_pid", or_null(denial.host_pid)}}}};
}

Json denials_json(const std::optional<std::vector<Denial>>& denials) {
  if (!denials) return nullptr;  // nobody listened
  Json all = Json::array();
  for (const Denial& one : *denials) all.push_back(denial_json(one));
  return all;
}

constexpr std::size_t kMostRefusedRows = 10;

}  // namespace

std::string report_json(const Plan& plan, const Outcome& outcome) {
  const Figures& used = outcome.figures;
  const LimitsSpec& limits = plan.cgroup.limits;
  Json degraded = Json::array();
  for (const Degradation& one : outcome.degraded)
    degraded.push_back(
        {{"feature", one.feature}, {"wanted", one.wanted}, {"reason", one.reason}, {"remedy", one.remedy}});
  Json report = {
      {"version", 1},
      {"name", plan.name},
      {"command", plan.command},
      {"reason", reason_word(outcome.reason)},
      {"exit_status", outcome.exit_status},
      {"signal", or_null(outcome.signal)},
      {"wall_seconds", static_cast<double>(outcome.wall.count()) / 1e6},
      {"cpu",
       {{"user_seconds", seconds(used.cpu_user_usec)},
        {"system_seconds", seconds(used.cpu_system_usec)},
        {"throttled_seconds", seconds(used.cpu_throttled_usec)}}},
      {"memory",
       {{"peak_bytes", or_null(used.memory_peak)},
        {"limit_bytes", outcome.tasks_limited ? or_null(limits.memory) : Json(nullptr)},
        {"oom_kills", or_null(used.oom_kills)}}},
      {"tasks",
       {{"peak", or_null(used.tasks_peak)},
        {"limit", outcome.tasks_limited ? or_null(limits.tasks) : Json(nullptr)},
        {"refused", or_null(used.tasks_refused)}}},
      {"io", {{"read_bytes", or_null(used.io_read_bytes)}, {"write_bytes", or_null(used.io_write_bytes)}}},
      {"pressure",
       {{"cpu", seconds(used.cpu_pressure_usec)},
        {"memory", seconds(used.memory_pressure_usec)},
        {"io", seconds(used.io_pressure_usec)}}},
      {"denials", denials_json(outcome.denials)},
      {"explained", explained_json(outcome.explained)},
      {"enforced", outcome.enforced},
      {"degraded", std::move(degraded)}};
  if (!outcome.error.empty()) report["error"] = {{"message", outcome.error}, {"remedy", outcome.remedy}};
  return report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string reason_words(const Plan& plan, const Outcome& outcome) {
  switch (outcome.reason) {
    case Reason::exited:
      return outcome.exit_status == 0 ? "succeeded"
                                      : fmt::format("exited with status {}", outcome.exit_status);
    case Reason::signaled:
      return "killed by " + signal_name(outcome.signal.value_or(SIGKILL));
    case Reason::timeout:
      return "timed out after " + duration_words(plan.timeout.value_or(Duration(0)));
    case Reason::cpu_time:
      return "used its cpu time of " + duration_words(plan.cgroup.limits.cpu_time.value_or(Duration(0)));
    case Reason::out_of_memory:
      return "out of memory at its limit of " + size_words(plan.cgroup.limits.memory.value_or(0));
    case Reason::setup_error:
      return "not run: " + outcome.error;
    case Reason::not_executable:
    case Reason::not_found:
      return outcome.error;
  }
  return "";
}

std::string summary_text(const Plan& plan, const Outcome& outcome, bool colour) {
  const Figures& used = outcome.figures;
  const bool good = outcome.exit_status == 0;
  std::string text;
  const auto row = [&](const char* label, const std::string& value) {
    text += fmt::format("{:>9}  {}\n", label, value);
  };
  row("command", printable(shell_line(plan.command)));
  const std::string ended = reason_words(plan, outcome);
  row("ended", colour ? fmt::format("\x1b[{}m{}\x1b[0m", good ? 32 : 31, ended) : ended);
  row("time", fmt::format("{} wall, {} user, {} system{}", duration_words(outcome.wall),
                          known_time(used.cpu_user_usec), known_time(used.cpu_system_usec),
                          used.cpu_throttled_usec.value_or(0)
                              ? fmt::format(", {} throttled", known_time(used.cpu_throttled_usec))
                              : ""));
  const auto& limits = plan.cgroup.limits;
  row("memory", fmt::format("{} peak{}{}", known(used.memory_peak),
                            limits.memory ? " of " + size_words(*limits.memory) : "",
                            used.oom_kills.value_or(0) ? fmt::format(", {} killed", *used.oom_kills) : ""));
  row("tasks",
      fmt::format("{} peak{}{}", used.tasks_peak ? fmt::format("{}", *used.tasks_peak) : "?",
                  limits.tasks && outcome.tasks_limited ? fmt::format(" of {}", *limits.tasks) : "",
                  used.tasks_refused.value_or(0) ? fmt::format(", {} refused", *used.tasks_refused) : ""));
  if (used.io_read_bytes)
    row("io", fmt::format("{} read, {} written", known(used.io_read_bytes), known(used.io_write_bytes)));
  const std::vector<Denial> denials = outcome.denials.value_or(std::vector<Denial>{});
  for (std::size_t i = 0; i < std::min(denials.size(), kMostRefusedRows); ++i)
    row("refused", denial_text(denials[i]));
  if (denials.size() > kMostRefusedRows)
    row("",
        fmt::format("and {} other kinds of calls, which --report names", denials.size() - kMostRefusedRows));
  for (const Degradation& lost : outcome.degraded)
    row("without",
        fmt::format("{}: {}{}{}", lost.wanted, lost.reason, lost.remedy.empty() ? "" : "; ", lost.remedy));
  return text;
}

}  // namespace cloche::cli
