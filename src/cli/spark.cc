#include "cli/spark.h"

#include <algorithm>

namespace cloche::cli {
namespace {

constexpr const char* kLevels[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

}  // namespace

std::string sparkline(const std::vector<double>& values, double top) {
  std::string line;
  for (const double value : values)
    line += kLevels[1 + std::clamp(static_cast<int>(value / top * 7.99), 0, 7)];
  return line;
}

std::vector<std::string> block_chart(const std::vector<double>& values, double top, std::size_t rows,
                                     std::size_t columns) {
  std::vector<std::string> lines(rows);
  const std::size_t width = std::min(columns, values.size());
  for (std::size_t column = 0; column < width; ++column) {
    const auto from = values.begin() + static_cast<std::ptrdiff_t>(column * values.size() / width);
    const auto to = values.begin() + static_cast<std::ptrdiff_t>((column + 1) * values.size() / width);
    const double value = top > 0 ? std::clamp(*std::max_element(from, to) / top, 0.0, 1.0) : 0;
    const auto eighths = static_cast<int>(value * static_cast<double>(rows) * 8 + 0.5);
    for (std::size_t row = 0; row < rows; ++row) {
      const int below = static_cast<int>(rows - 1 - row) * 8;
      lines[row] += kLevels[std::clamp(eighths - below, 0, 8)];
    }
  }
  return lines;
}

}  // namespace cloche::cli
