// Charts of block characters, for terminals.
#pragma once

#include <string>
#include <vector>

namespace cloche::cli {

/// One character a value, from ▁ to █ at `top`.
std::string sparkline(const std::vector<double>& values, double top);

/// `values` as a chart of so many rows and at most so many columns, without line ends. Neighbours share a
/// column where there are more of them: the highest counts.
std::vector<std::string> block_chart(const std::vector<double>& values, double top, std::size_t rows,
                                     std::size_t columns);

}  // namespace cloche::cli
