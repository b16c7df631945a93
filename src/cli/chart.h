// A chart of a run's page: an SVG that stretches to any width, its words as HTML around it, so that they stay
// readable on a phone.
//
//   Chart chart{.title = "Memory", .words = size_words_of, .lines = {{"in use", points}}, .limit = 64 << 20};
//   page += chart_html(chart);
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace cloche::cli {

struct Point {
  double x = 0, y = 0;
};

struct ChartLine {
  std::string label;
  std::vector<Point> points;  ///< x rising
};

struct Chart {
  std::string title, remark;     ///< the remark stands beside the title: "peak 61 MiB of 64 MiB"
  std::string (*words)(double);  ///< a value as text
  bool powers_of_two = false;    ///< ticks at 1, 2, 4 … rather than 1, 2, 5, 10 …
  std::vector<ChartLine> lines;  ///< three at most: that many can be told apart
  std::optional<double> limit;   ///< drawn as a line of its own
  double end = 0;                ///< of the x axis, which begins at 0; seconds
};

/// The value at the top of a chart: a round one, above all that is drawn. A limit far above the rest is left
/// out of it, or the rest would be a flat line.
double chart_top(const Chart& chart);

/// A <figure>, well-formed as XML too. A chart without a point says so.
std::string chart_html(const Chart& chart);

/// Text for an element or an attribute: markup and control characters escaped.
std::string html_text(const std::string& text);

}  // namespace cloche::cli
