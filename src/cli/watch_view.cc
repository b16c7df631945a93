#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/spark.h"
#include "cli/watch.h"

namespace cloche::cli {
namespace {

using Number = std::optional<std::uint64_t>;
constexpr std::size_t kHistory = 20;  // looks that a sparkline shows
constexpr std::size_t kBar = 10;

/// How much of the limit is used; nothing without a limit.
std::string bar(const Number& now, const Number& limit) {
  if (!now || !limit || *limit == 0) return {};
  const double part = std::clamp(static_cast<double>(*now) / static_cast<double>(*limit), 0.0, 1.0);
  const auto full = static_cast<std::size_t>(part * kBar + 0.5);
  std::string line;
  for (std::size_t i = 0; i < kBar; ++i) line += i < full ? "█" : "░";
  return line;
}

std::optional<double> recent(const WatchRow& row) {
  return row.cores.empty() ? std::nullopt : std::optional(row.cores.back());
}

/// The first `columns` characters, each of one column here.
std::string clipped(const std::string& text, std::size_t columns) {
  std::size_t seen = 0;
  for (std::size_t at = 0; at < text.size(); ++at)
    if ((text[at] & 0xC0) != 0x80 && seen++ == columns) return text.substr(0, at);
  return text;
}

const char* word(WatchView::Sort sort) {
  switch (sort) {
    case WatchView::Sort::name:
      return "name";
    case WatchView::Sort::cpu:
      return "cpu";
    case WatchView::Sort::memory:
      return "memory";
    case WatchView::Sort::tasks:
      return "tasks";
  }
  return "";
}

std::string row_line(const WatchView& view, const WatchRow& row, std::size_t name_width) {
  const auto cores = recent(row);
  // At least one core's worth, so that an idle sandbox looks idle.
  const double top = cores ? std::max(1.0, *std::max_element(row.cores.begin(), row.cores.end())) : 1;
  return fmt::format("{} {:<{}}  {:<7}  {:>5}  {:<{}}  {:<21} {:<{}}  {:<13} {:<{}}",
                     row.live.name == view.selected ? ">" : " ", row.live.name, name_width,
                     row.live.paused ? "paused" : "running", cores ? fmt::format("{:.2f}", *cores) : "?",
                     sparkline(row.cores, top), kHistory, memory_words(row.live),
                     bar(row.live.memory, row.live.memory_limit), kBar, tasks_words(row.live),
                     bar(row.live.tasks, row.live.tasks_limit), kBar);
}

std::string trimmed(std::string line) {
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

}  // namespace

void take_figures(WatchView& view, const std::vector<Live>& now) {
  std::vector<WatchRow> rows;
  for (const Live& live : now) {
    WatchRow row{.live = live, .cores = {}};
    const auto before = std::find_if(view.rows.begin(), view.rows.end(),
                                     [&](const WatchRow& past) { return past.live.name == live.name; });
    if (before != view.rows.end()) {
      row.cores = before->cores;
      const double usec = std::chrono::duration<double, std::micro>(live.at - before->live.at).count();
      const Number &was = before->live.cpu_usec, &is = live.cpu_usec;
      if (was && is && *is >= *was && usec > 0) row.cores.push_back(static_cast<double>(*is - *was) / usec);
      if (row.cores.size() > kHistory) row.cores.erase(row.cores.begin());
    }
    rows.push_back(std::move(row));
  }
  view.rows = std::move(rows);
  const auto is_there = [&](const std::string& name) {
    return std::any_of(view.rows.begin(), view.rows.end(),
                       [&](const auto& row) { return row.live.name == name; });
  };
  if (!is_there(view.question)) view.question.clear();
  sort_rows(view);
  if (!is_there(view.selected)) view.selected = view.rows.empty() ? "" : view.rows.front().live.name;
}

void sort_rows(WatchView& view) {
  const auto more = [&](const WatchRow& one, const WatchRow& other) {
    switch (view.sort) {
      case WatchView::Sort::cpu:
        return recent(one).value_or(-1) > recent(other).value_or(-1);
      case WatchView::Sort::memory:
        return one.live.memory.value_or(0) > other.live.memory.value_or(0);
      case WatchView::Sort::tasks:
        return one.live.tasks.value_or(0) > other.live.tasks.value_or(0);
      case WatchView::Sort::name:
        break;
    }
    return one.live.name < other.live.name;
  };
  std::stable_sort(view.rows.begin(), view.rows.end(), more);
}

void move_selection(WatchView& view, int by) {
  if (view.rows.empty()) return;
  const auto at = std::find_if(view.rows.begin(), view.rows.end(),
                               [&](const WatchRow& row) { return row.live.name == view.selected; });
  const auto index = std::clamp<std::ptrdiff_t>(at - view.rows.begin() + by, 0,
                                                static_cast<std::ptrdiff_t>(view.rows.size()) - 1);
  view.selected = view.rows[static_cast<std::size_t>(index)].live.name;
}

std::vector<std::string> watch_lines(const WatchView& view, std::size_t columns, std::size_t rows) {
  std::size_t name_width = 4;
  for (const WatchRow& row : view.rows) name_width = std::max(name_width, row.live.name.size());
  std::vector<std::string> lines = {fmt::format("  {:<{}}  {:<7}  {:>5}  {:<{}}  {:<32}  {}", "NAME",
                                                name_width, "STATE", "CORES", "RECENT", kHistory, "MEMORY",
                                                "TASKS")};
  // The selected row is always among those shown.
  const std::size_t room = rows > 4 ? rows - 4 : 1;
  const auto selected = std::find_if(view.rows.begin(), view.rows.end(),
                                     [&](const WatchRow& row) { return row.live.name == view.selected; });
  const auto index = static_cast<std::size_t>(selected - view.rows.begin());
  const std::size_t first = index >= room && index < view.rows.size() ? index - room + 1 : 0;
  for (std::size_t i = first; i < view.rows.size() && i < first + room; ++i)
    lines.push_back(trimmed(row_line(view, view.rows[i], name_width)));
  if (view.rows.empty()) lines.emplace_back("  Nothing runs.");
  lines.emplace_back();
  lines.push_back(!view.question.empty() ? fmt::format("Kill everything in {}? y/n", view.question)
                                         : view.message);
  lines.push_back(fmt::format("q quit   j/k or arrows select   s sort (by {})   p pause or resume   x kill",
                              word(view.sort)));
  if (lines.size() > rows) lines.resize(rows);
  for (std::string& line : lines) line = clipped(line, columns);
  return lines;
}

}  // namespace cloche::cli
