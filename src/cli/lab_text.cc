#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "cli/lab_tell.h"
#include "cli/spark.h"

namespace cloche::cli {
namespace {

using lab::Line;
using lab::Lines;
using lab::Result;
using lab::Series;

constexpr std::size_t kColumns = 80, kIndent = 5;
constexpr std::size_t kWhat = 44;  // what stands left of an answer, where it fits

/// Columns that a text takes: of UTF-8's bytes those that begin a character.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

/// "  WHAT      CAME", or on two lines where it is too long for one.
std::string row(const std::string& what, const std::string& came, const Ink& ink, bool good) {
  const std::size_t width = width_of(what);
  std::string text = std::string(kIndent + 2, ' ') + what;
  if (width > kWhat || kIndent + 2 + kWhat + 2 + width_of(came) > kColumns)
    text += "\n" + std::string(kIndent + 6, ' ');
  else
    text += std::string(kWhat - width + 2, ' ');
  return text + (good ? ink.good : ink.bad) + came + ink.end + "\n";
}

std::string heading(const char* words, const Ink& ink) {
  return fmt::format("{:{}}{}{}{}\n", "", kIndent, ink.quiet, words, ink.end);
}

std::string answers(const Result& result, const Ink& ink) {
  std::string text;
  for (std::size_t i = 0; i < result.answered.size(); ++i) {
    const Line& line = result.answered[i];
    const bool as_said = result.state == Result::State::not_here ||
                         (i < result.predicted.size() && result.predicted[i] == line);
    text += row(line.what, printable(line.came) + (as_said ? "" : "   <- not as predicted"), ink, as_said);
  }
  for (std::size_t i = result.answered.size(); i < result.predicted.size(); ++i)
    text += row(result.predicted[i].what, "no answer   <- not as predicted", ink, false);
  return text;
}

std::string figures(const Lines& lines) {
  std::string text;
  for (const Line& line : lines) {
    text += fmt::format("{:{}}{}:\n", "", kIndent + 2, line.what);
    for (const std::string& part : split(line.came, '\n')) text += wrapped(printable(part), kIndent + 6);
  }
  return text;
}

std::string chart(const Series& series) {
  if (series.values.size() < 2) return {};
  double top = *std::max_element(series.values.begin(), series.values.end());
  if (series.limit) top = std::max(top, *series.limit);
  const std::string most = series_words(series, top);
  std::string text =
      fmt::format("\n{:{}}{}{}\n", "", kIndent + 2, series.title,
                  series.limit.value_or(0) > 0 ? ", limit " + series_words(series, *series.limit) : "");
  bool first = true;
  for (const std::string& line : block_chart(series.values, top, 5, 56)) {
    text += fmt::format("{:{}}{:>9} │{}\n", "", kIndent, first ? most : "", line);
    first = false;
  }
  return text + fmt::format("{:{}}{:>9} └{} {}\n", "", kIndent, "0", "",
                            duration_words(Duration(static_cast<Duration::rep>(series.seconds * 1e6))));
}

std::string tree(const char* title, const lab::Tree& nodes, const Ink& ink) {
  if (nodes.empty()) return {};
  std::string text = "\n" + heading(title, ink);
  const auto places = tree_places(nodes);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::string left = std::string(2 * places[i].depth, ' ') + printable(places[i].name);
    text += fmt::format(
        "{:{}}{}{:{}}{}{}{}{}{}\n", "", kIndent + 2, left, "", 40 - std::min<std::size_t>(38, width_of(left)),
        nodes[i].mine ? ink.good : "", nodes[i].owner, nodes[i].mine ? ink.end : "",
        places[i].boundary ? "   <- delegated from here on" : "", nodes[i].here ? "   <- the process" : "");
  }
  return text;
}

}  // namespace

const char* state_word(Result::State state) {
  switch (state) {
    case Result::State::as_predicted:
      return "as predicted";
    case Result::State::finding:
      return "finding";
    case Result::State::not_here:
      break;
  }
  return "not here";
}

std::size_t findings(const std::vector<Trial>& trials) {
  return static_cast<std::size_t>(std::count_if(trials.begin(), trials.end(), [](const Trial& trial) {
    return trial.result.state == Result::State::finding;
  }));
}

std::string summary_words(const std::vector<Trial>& trials) {
  const auto here = std::count_if(trials.begin(), trials.end(), [](const Trial& trial) {
    return trial.result.state == Result::State::as_predicted;
  });
  const std::size_t found = findings(trials), known = static_cast<std::size_t>(here);
  return fmt::format("{} experiment{}: {} as predicted, {} not here, {}", trials.size(),
                     trials.size() == 1 ? "" : "s", known, trials.size() - known - found,
                     found == 0   ? "no finding"
                     : found == 1 ? "1 finding"
                                  : std::to_string(found) + " findings");
}

std::string wrapped(const std::string& text, std::size_t indent) {
  std::string lines, line;
  for (const std::string& word : split(text, ' ')) {
    if (!line.empty() && indent + width_of(line) + 1 + width_of(word) > kColumns) {
      lines += std::string(indent, ' ') + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return lines + std::string(indent, ' ') + line + "\n";
}

std::string chapter_text(int chapter, const Ink& ink) {
  return fmt::format("\n{}{}. {}{}\n", ink.strong, chapter, lab::chapter_title(chapter), ink.end);
}

std::string intro(const lab::Experiment& experiment, const Lines& predicted, const Ink& ink) {
  std::string text = fmt::format("\n{}{}{}  {}({}){}\n", ink.strong, experiment.question, ink.end, ink.quiet,
                                 experiment.name, ink.end);
  text += "\n" + wrapped(experiment.call, kIndent);
  if (predicted.empty()) return text;
  text += "\n" + heading("the rules predict", ink);
  for (const Line& line : predicted) text += row(line.what, line.came, Ink{}, true);
  return text;
}

std::string outcome_text(const Trial& trial, const Ink& ink) {
  const Result& result = trial.result;
  const lab::Experiment& experiment = *trial.experiment;
  std::string text;
  if (result.state == Result::State::not_here) {
    text += "\n" + wrapped("Not here: " + printable(result.missing) + ".", kIndent);
  } else if (!result.missing.empty()) {
    text += "\n" + wrapped("It came to no end: " + printable(result.missing) + ".", kIndent);
  }
  if (!result.answered.empty() || result.state == Result::State::finding) {
    text += "\n" + heading(result.state == Result::State::not_here ? "what the kernel answers instead"
                                                                   : "the kernel answers",
                           ink);
    text += answers(result, ink);
  }
  if (!result.figures.empty()) text += "\n" + heading("seen on the way", ink) + figures(result.figures);
  if (result.series) text += chart(*result.series);
  text +=
      tree(result.after.empty() ? "the tree of cgroups" : "the tree of cgroups before", result.before, ink);
  text += tree("and after", result.after, ink);
  text += fmt::format("\n{}", wrapped(fmt::format("Rule: {} ({}; {})", experiment.rule, experiment.since,
                                                  experiment.document),
                                      kIndent));
  text += "\n" + wrapped(experiment.means, kIndent);
  const char* colour = result.state == Result::State::finding ? ink.bad : ink.good;
  if (result.state != Result::State::not_here)
    text += fmt::format("\n{:{}}{}{}{}\n", "", kIndent, colour,
                        result.state == Result::State::finding
                            ? "A finding: the kernel did not do as the rules say."
                            : "As predicted.",
                        ink.end);
  return text;
}

std::string series_words(const Series& series, double value) {
  return series.unit == "bytes" ? size_words(static_cast<std::uint64_t>(value))
                                : fmt::format("{:.4g}", value);
}

std::vector<TreePlace> tree_places(const lab::Tree& tree) {
  std::vector<TreePlace> places;
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const std::string& path = tree[i].path;
    const bool root = path == "/";
    const std::string prefix = root ? "/" : path + "/";
    std::size_t last = i;
    while (last + 1 < tree.size() && tree[last + 1].path.starts_with(prefix)) ++last;
    const std::string parent = root ? "" : path.substr(0, std::max<std::size_t>(1, path.rfind('/')));
    const bool parents =
        std::any_of(tree.begin(), tree.end(), [&](const auto& n) { return n.path == parent && n.mine; });
    places.push_back({root ? 0 : static_cast<std::size_t>(std::count(path.begin(), path.end(), '/')), last,
                      root ? "/" : path.substr(path.rfind('/') + 1), tree[i].mine && !parents});
  }
  return places;
}

}  // namespace cloche::cli
