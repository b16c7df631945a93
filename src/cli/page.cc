#include "cli/page.h"

#include <ctime>

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "cli/chart.h"
#include "cli/explained.h"
#include "cli/page_style.h"
#include "cli/report.h"

namespace cloche::cli {
namespace {

using Number = std::optional<std::uint64_t>;

std::string size_of(double bytes) {
  return size_words(static_cast<std::uint64_t>(bytes));
}
std::string pace_of(double bytes) {
  return size_of(bytes) + "/s";
}
std::string count_of(double value) {
  return fmt::format("{:.4g}", value);
}
std::string percent_of(double value) {
  return fmt::format("{:.3g} %", value);
}
std::string cores_of(double value) {
  return fmt::format("{:.3g}", value);
}

std::string size_or_none(const Number& bytes) {
  return bytes ? size_words(*bytes) : "not known";
}
std::string time_or_none(const Number& microseconds) {
  return microseconds ? duration_words(Duration(*microseconds)) : "not known";
}
std::string count_or_none(const Number& count) {
  return count ? std::to_string(*count) : "not known";
}

/// A level at each sample.
ChartLine level(const std::vector<Sample>& samples, const char* label, Number Usage::*figure) {
  ChartLine line{label, {}};
  for (const Sample& one : samples)
    if (const Number& value = one.usage.*figure)
      line.points.push_back({one.seconds, static_cast<double>(*value)});
  return line;
}

/// The pace of a total from one sample to the next, drawn as steps: `scale` times its growth a second.
ChartLine pace(const std::vector<Sample>& samples, const char* label, Number Usage::*total, double scale) {
  ChartLine line{label, {}};
  for (std::size_t i = 1; i < samples.size(); ++i) {
    const Number &before = samples[i - 1].usage.*total, &now = samples[i].usage.*total;
    const double seconds = samples[i].seconds - samples[i - 1].seconds;
    if (!before || !now || *now < *before || seconds <= 0) continue;
    const double value = static_cast<double>(*now - *before) / seconds * scale;
    line.points.push_back({samples[i - 1].seconds, value});
    line.points.push_back({samples[i].seconds, value});
  }
  return line;
}

std::string charts(const Plan& plan, const Outcome& outcome) {
  const std::vector<Sample>& samples = outcome.samples;
  if (samples.empty())
    return "<p class=\"none\">There are no charts: the run had no cgroup of its own, which is what counts "
           "for a "
           "whole tree of processes.</p>\n";
  const Figures& used = outcome.figures;
  const LimitsSpec& limits = plan.cgroup.limits;
  const double end = samples.back().seconds;
  const auto limit = [](const auto& value) {
    return value ? std::optional<double>(static_cast<double>(*value)) : std::nullopt;
  };
  Chart memory{.title = "Memory",
               .remark = used.memory_peak ? "peak " + size_words(*used.memory_peak) : "",
               .words = size_of,
               .powers_of_two = true,
               .lines = {level(samples, "in use", &Usage::memory)},
               .limit = limit(limits.memory ? limits.memory : limits.memory_high),
               .end = end};
  Chart cpu{.title = "CPU",
            .remark = fmt::format("cores in use; {} in all", time_or_none(samples.back().usage.cpu_usec)),
            .words = cores_of,
            .lines = {pace(samples, "cores in use", &Usage::cpu_usec, 1e-6)},
            .end = end};
  if (limits.cpus) {
    cpu.limit = static_cast<double>(*limits.cpus) / 1000;
    cpu.lines.push_back(pace(samples, "held back by the limit", &Usage::throttled_usec, 1e-6));
  }
  Chart tasks{.title = "Tasks",
              .remark = used.tasks_refused.value_or(0) ? fmt::format("{} refused", *used.tasks_refused) : "",
              .words = count_of,
              .lines = {level(samples, "processes and threads", &Usage::tasks)},
              .limit = outcome.tasks_limited ? limit(limits.tasks) : std::nullopt,
              .end = end};
  Chart io{.title = "Input and output",
           .remark = "of disks; what memory holds already is not counted",
           .words = pace_of,
           .powers_of_two = true,
           .lines = {pace(samples, "read", &Usage::io_read_bytes, 1),
                     pace(samples, "written", &Usage::io_write_bytes, 1)},
           .end = end};
  Chart pressure{.title = "Pressure",
                 .remark = "share of the time in which something waited",
                 .words = percent_of,
                 .lines = {pace(samples, "for the cpu", &Usage::cpu_pressure_usec, 1e-4),
                           pace(samples, "for memory", &Usage::memory_pressure_usec, 1e-4),
                           pace(samples, "for disks", &Usage::io_pressure_usec, 1e-4)},
                 .end = end};
  std::string html = "<div class=\"charts\">\n";
  for (const Chart* chart : {&memory, &cpu, &tasks, &io, &pressure}) html += chart_html(*chart);
  return html + "</div>\n";
}

std::string card(const std::string& label, const std::string& value, const std::string& more = {}) {
  return fmt::format("<div><dt>{}</dt><dd>{}{}</dd></div>\n", html_text(label), html_text(value),
                     more.empty() ? "" : "<small>" + html_text(more) + "</small>");
}

std::string cards(const Plan& plan, const Outcome& outcome) {
  const Figures& used = outcome.figures;
  const LimitsSpec& limits = plan.cgroup.limits;
  std::string html = "<dl class=\"cards\">\n";
  html += card("exit status", std::to_string(outcome.exit_status), reason_word(outcome.reason));
  html += card("time", duration_words(outcome.wall), "from start to end");
  html += card("cpu", time_or_none(used.cpu_user_usec),
               "user; " + time_or_none(used.cpu_system_usec) + " system" +
                   (used.cpu_throttled_usec.value_or(0)
                        ? "; " + time_or_none(used.cpu_throttled_usec) + " held back by its limit"
                        : ""));
  html += card("memory, at most", size_or_none(used.memory_peak),
               (limits.memory ? "of " + size_words(*limits.memory) : std::string("no limit")) +
                   (used.oom_kills.value_or(0) ? fmt::format("; {} killed", *used.oom_kills) : ""));
  html += card("tasks, at most", count_or_none(used.tasks_peak),
               (outcome.tasks_limited && limits.tasks ? fmt::format("of {}", *limits.tasks) : "no limit") +
                   (used.tasks_refused.value_or(0) ? fmt::format("; {} refused", *used.tasks_refused) : ""));
  html += card("disks", size_or_none(used.io_read_bytes),
               "read; " + size_or_none(used.io_write_bytes) + " written");
  return html + "</dl>\n";
}

std::string limits_table(const Plan& plan, const Outcome& outcome) {
  const LimitsSpec& limits = plan.cgroup.limits;
  std::string rows;
  const auto row = [&](const char* option, const std::string& value) {
    rows += fmt::format("<tr><th scope=\"row\">--{}</th><td>{}</td></tr>\n", option, html_text(value));
  };
  if (limits.memory) row("memory", size_words(*limits.memory));
  if (limits.memory_high) row("memory-high", size_words(*limits.memory_high));
  if (limits.swap) row("swap", size_words(*limits.swap));
  if (limits.cpus) row("cpus", fmt::format("{}", static_cast<double>(*limits.cpus) / 1000));
  if (limits.cpu_weight) row("cpu-weight", std::to_string(*limits.cpu_weight));
  if (limits.tasks)
    row("tasks", fmt::format("{}{}{}", *limits.tasks, plan.cgroup.tasks_by_default ? " (the default)" : "",
                             outcome.tasks_limited ? "" : ", not in force"));
  if (limits.io_weight) row("io-weight", std::to_string(*limits.io_weight));
  for (const IoMax& one : limits.io_max)
    for (const auto& [key, value] : one.limits)
      row("io-max", fmt::format("{}: {}={}", one.device, key, value));
  if (limits.cpuset) row("cpuset", *limits.cpuset);
  if (limits.cpu_time) row("cpu-time", duration_words(*limits.cpu_time));
  if (plan.timeout) row("timeout", duration_words(*plan.timeout));
  for (const ResourceLimit& one : plan.rlimits) {
    const auto words = [](std::uint64_t v) { return v == kUnlimited ? "unlimited" : std::to_string(v); };
    row("rlimit", fmt::format("{}={}:{}", one.name, words(one.soft), words(one.hard)));
  }
  if (rows.empty()) return "<p>None.</p>\n";
  return "<table>\n" + rows + "</table>\n";
}

std::string list(const std::vector<std::string>& lines, const char* nothing) {
  if (lines.empty()) return fmt::format("<p>{}</p>\n", nothing);
  std::string html = "<ul>\n";
  for (const std::string& line : lines) html += "<li>" + html_text(line) + "</li>\n";
  return html + "</ul>\n";
}

std::string degradations(const Outcome& outcome) {
  std::vector<std::string> lines;
  for (const Degradation& one : outcome.degraded)
    lines.push_back(fmt::format("Without {}: {}{}", one.wanted, one.reason,
                                one.remedy.empty() ? "" : ". What would help: " + one.remedy));
  return list(lines, "None: everything that is on by default was in force.");
}

std::string refused_calls(const Outcome& outcome) {
  if (!outcome.denials) return "<p>Nobody listened: what was refused is not known.</p>\n";
  std::vector<std::string> lines;
  for (const Denial& one : *outcome.denials) lines.push_back(denial_text(one));
  return list(lines, "None.");
}

std::string section(const char* title, const std::string& body) {
  return fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n", title, body);
}

std::string now_words() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %z", &parts)};
}

}  // namespace

std::string page_head(const std::string& title, const std::string& more_style) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;; "
      "style-src &#39;unsafe-inline&#39;\"/>\n"
      "<title>{}</title>\n<style>{}{}</style>\n</head>\n<body>\n<main>\n",
      html_text(title), kPageStyle, more_style);
}

std::string page_foot() {
  return fmt::format("<footer>cloche {}, {}</footer>\n</main>\n</body>\n</html>\n", CLOCHE_VERSION,
                     html_text(now_words()));
}

std::string page_html(const Plan& plan, const Outcome& outcome) {
  const std::string command = shell_line(plan.command);
  const char* mood = outcome.exit_status == 0 ? "good" : "bad";
  std::string html =
      page_head((plan.name.empty() ? "cloche" : plan.name) + ": " + reason_words(plan, outcome));
  html += fmt::format("<header>\n<h1>{}</h1>\n<p class=\"ended {}\">{}</p>\n<pre>{}</pre>\n</header>\n",
                      html_text(plan.name.empty() ? "cloche run" : plan.name), mood,
                      html_text(reason_words(plan, outcome)), html_text(command));
  if (!outcome.remedy.empty()) html += "<p>What would help: " + html_text(outcome.remedy) + "</p>\n";
  html += cards(plan, outcome);
  html += section("Over time", charts(plan, outcome));
  html += section("Limits", limits_table(plan, outcome));
  html += section("Refused calls", refused_calls(outcome));
  if (outcome.explained)
    html += section("What the sandbox made fail", list(explained_lines(*outcome.explained), "Nothing."));
  html += section("What could not be had", degradations(outcome));
  html += section("In force", "<div class=\"columns\">" + list(outcome.enforced, "Nothing: it was not run.") +
                                  "</div>\n");
  return html + page_foot();
}

}  // namespace cloche::cli
