#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/chart.h"
#include "cli/lab_tell.h"

namespace cloche::cli {
namespace {

// Units of the drawing, which a phone shows as they are: it is never narrower than this, and never stretched.
constexpr std::size_t kWidth = 360, kRow = 34, kStep = 15, kLeft = 14, kTop = 10, kCharacter = 7;

std::size_t x_of(const TreePlace& place) {
  return kLeft + place.depth * kStep;
}
std::size_t y_of(std::size_t row) {
  return kTop + row * kRow + kRow / 2;
}

/// A name in so many characters: its middle gives way.
std::string shortened(const std::string& name, std::size_t room) {
  if (name.size() <= room || room < 6) return name;
  return name.substr(0, room / 2 - 1) + "…" + name.substr(name.size() - (room - room / 2 - 1));
}

/// The line from a node up to its parent, which is the nearest above that is less deep.
std::string branch(const std::vector<TreePlace>& places, std::size_t row) {
  for (std::size_t up = row; up-- > 0;)
    if (places[up].depth < places[row].depth)
      return fmt::format("<path class=\"branch\" d=\"M{0} {1}V{2}H{3}\"/>\n", x_of(places[up]), y_of(up) + 6,
                         y_of(row), x_of(places[row]) - 6);
  return {};
}

std::string boundary(const std::vector<TreePlace>& places, std::size_t row) {
  const std::size_t x = x_of(places[row]) - 11, y = y_of(row) - kRow / 2 + 1;
  return fmt::format("<rect class=\"boundary\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"5\"/>\n", x,
                     y, kWidth - x - 2, (places[row].last - row + 1) * kRow - 2);
}

std::string node(const lab::TreeNode& one, const TreePlace& place, std::size_t row) {
  const std::size_t x = x_of(place), y = y_of(row);
  const char* owner = one.mine ? "mine" : "others";
  // The shape says it too, for whoever sees no colours: a square is the caller's, a circle somebody else's.
  std::string svg = one.mine
                        ? fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"10\" height=\"10\"/>\n",
                                      owner, x - 5, y - 5)
                        : fmt::format("<circle class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"5\"/>\n", owner, x, y);
  const std::string says = one.owner + (one.here ? ", the process is here" : "");
  svg += fmt::format("<text x=\"{}\" y=\"{}\">{}</text>\n", x + 11, y - 1,
                     html_text(shortened(place.name, (kWidth - x - 16) / kCharacter)));
  return svg + fmt::format("<text class=\"{}\" x=\"{}\" y=\"{}\">{}</text>\n", one.here ? "here" : "owner",
                           x + 11, y + 12, html_text(says));
}

}  // namespace

std::string tree_svg(const lab::Tree& tree, const std::string& title) {
  if (tree.empty()) return {};
  const auto places = tree_places(tree);
  std::string svg = fmt::format(
      "<figure class=\"tree\">\n<figcaption>{0}</figcaption>\n<svg viewBox=\"0 0 {1} {2}\" "
      "width=\"{1}\" height=\"{2}\" role=\"img\" aria-label=\"{0}\">\n",
      html_text(title), kWidth, 2 * kTop + tree.size() * kRow);
  for (std::size_t row = 0; row < tree.size(); ++row)
    if (places[row].boundary) svg += boundary(places, row);
  for (std::size_t row = 0; row < tree.size(); ++row)
    svg += branch(places, row) + node(tree[row], places[row], row);
  return svg + "</svg>\n</figure>\n";
}

}  // namespace cloche::cli
