// `cloche stats --watch`: a live table of running sandboxes, and keys to act on them.
//
// What is shown is a value (WatchView) and a pure function of it, so that tests need no terminal.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/live.h"

namespace cloche::cli {

struct WatchRow {
  Live live;
  std::vector<double> cores;  ///< the cpu's recent use, oldest first; empty before the second look
};

struct WatchView {
  enum class Sort { name, cpu, memory, tasks };
  std::vector<WatchRow> rows;
  Sort sort = Sort::name;
  std::string selected;  ///< a name
  std::string question;  ///< the name of the one that `y` kills; empty: nothing is asked
  std::string message;   ///< what came of the last key
};

/// Puts new figures into the view: histories go on, who ended is gone, the order is that of `sort`.
void take_figures(WatchView& view, const std::vector<Live>& now);
void sort_rows(WatchView& view);
/// Moves the selection by so many rows.
void move_selection(WatchView& view, int by);

/// Lines without line ends, none longer than `columns`, at most `rows` of them.
std::vector<std::string> watch_lines(const WatchView& view, std::size_t columns, std::size_t rows);

/// Runs until q. Throws UsageError without a terminal.
int watch(const std::string& folder, const std::optional<std::string>& only);

}  // namespace cloche::cli
