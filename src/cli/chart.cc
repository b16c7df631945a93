#include "cli/chart.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"

namespace cloche::cli {
namespace {

constexpr double kWidth = 1000, kHeight = 300;  // of the drawing; the page stretches it
constexpr double kFar = 5;                      // so many times the highest value is too far to be drawn

double highest(const Chart& chart) {
  double most = 0;
  for (const ChartLine& line : chart.lines)
    for (const Point& point : line.points) most = std::max(most, point.y);
  return most;
}

bool is_far(const Chart& chart) {
  return chart.limit && *chart.limit > kFar * highest(chart);
}

/// The largest power of `base` that is not above `value`. By hand, as all rounding of the pages is: one call
/// of the mathematical library, and every start of cloche loads it.
double power_below(double value, double base) {
  double power = 1;
  while (power * base <= value) power *= base;
  while (power > value) power /= base;
  return power;
}

double round_up(double value, bool powers_of_two) {
  if (value <= 0) return 1;
  if (powers_of_two) {
    const double power = power_below(value, 2);
    for (const double step : {1.0, 1.5, 2.0})  // half of each has a short name too
      if (value <= step * power) return step * power;
    return 2 * power;
  }
  const double power = power_below(value, 10);
  for (const double step : {1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.5})
    if (value <= step * power * (1 + 1e-9)) return step * power;
  return 10 * power;
}

std::string path_of(const std::vector<Point>& points, double end, double top) {
  std::string path;
  for (const Point& point : points)
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", point.x / end * kWidth,
                        kHeight - std::clamp(point.y / top, 0.0, 1.0) * kHeight);
  return path;
}

std::string drawing(const Chart& chart, double top) {
  const double end = chart.end > 0 ? chart.end : 1;
  std::string svg = fmt::format(
      "<svg viewBox=\"0 0 {:.0f} {:.0f}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}\">\n",
      kWidth, kHeight, html_text(chart.title + (chart.remark.empty() ? "" : ": " + chart.remark)));
  for (const double part : {0.25, 0.5, 0.75})
    svg += fmt::format("<path class=\"grid\" d=\"M0 {0:.0f}L{1:.0f} {0:.0f}\"/>\n", part * kHeight, kWidth);
  int number = 0;
  for (const ChartLine& line : chart.lines) {
    ++number;
    if (line.points.empty()) continue;
    const std::string path = path_of(line.points, end, top);
    if (chart.lines.size() == 1)
      svg += fmt::format("<path class=\"area\" d=\"{}L{:.1f} {:.0f}L{:.1f} {:.0f}Z\"/>\n", path,
                         line.points.back().x / end * kWidth, kHeight, line.points.front().x / end * kWidth,
                         kHeight);
    svg += fmt::format("<path class=\"line line{}\" d=\"{}\"/>\n", number, path);
  }
  if (chart.limit) {
    const double at = is_far(chart) ? 2 : kHeight - *chart.limit / top * kHeight;
    svg += fmt::format("<path class=\"limit\" d=\"M0 {0:.1f}L{1:.0f} {0:.1f}\"/>\n", at, kWidth);
  }
  return svg + "</svg>\n";
}

std::string legend(const Chart& chart) {
  std::string text;
  if (chart.lines.size() > 1)
    for (std::size_t i = 0; i < chart.lines.size(); ++i)
      text += fmt::format("<li class=\"key{}\">{}</li>", i + 1, html_text(chart.lines[i].label));
  if (chart.limit)
    text += fmt::format("<li class=\"keylimit\">limit {}{}</li>", html_text(chart.words(*chart.limit)),
                        is_far(chart) ? ", far above this chart" : "");
  return text.empty() ? "" : "<ul class=\"legend\">" + text + "</ul>\n";
}

}  // namespace

std::string html_text(const std::string& text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

double chart_top(const Chart& chart) {
  double most = highest(chart);
  if (chart.limit && !is_far(chart)) most = std::max(most, *chart.limit);
  return round_up(most * 1.02, chart.powers_of_two);
}

std::string chart_html(const Chart& chart) {
  const bool empty = std::all_of(chart.lines.begin(), chart.lines.end(),
                                 [](const ChartLine& line) { return line.points.empty(); });
  std::string html = fmt::format("<figure>\n<figcaption><b>{}</b> {}</figcaption>\n", html_text(chart.title),
                                 html_text(chart.remark));
  if (empty) return html + "<p class=\"none\">The kernel gave no such figures here.</p>\n</figure>\n";
  const double top = chart_top(chart);
  html += fmt::format(
      "<div class=\"plot\"><div class=\"scale\"><span>{}</span><span>{}</span><span>0</span></div>",
      html_text(chart.words(top)), html_text(chart.words(top / 2)));
  html += drawing(chart, top) + "</div>\n";
  const auto time = [](double seconds) {
    return html_text(duration_words(Duration(static_cast<Duration::rep>(seconds * 1e6))));
  };
  html += fmt::format("<div class=\"time\"><span>0</span><span>{}</span><span>{}</span></div>\n",
                      time(chart.end / 2), time(chart.end));
  return html + legend(chart) + "</figure>\n";
}

}  // namespace cloche::cli
