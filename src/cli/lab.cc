#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/lab_options.h"
#include "cli/lab_tell.h"
#include "cli/running.h"
#include "cli/spark.h"
#include "lab/runner.h"

namespace cloche::cli {
namespace {

using lab::Experiment;

constexpr auto kOptions = std::to_array<Option>({
    {"all", "", "go through them without a pause", "Walking"},
    {"json", "", "print JSON instead of text", "Output"},
    {"html", "FILE", "write one self-contained page, with the tree of cgroups drawn", "Output", "file"},
});

constexpr Ink kColours = {"\x1b[1m", "\x1b[2m", "\x1b[32m", "\x1b[31m", "\x1b[0m"};

/// The experiments that `words` name, by name or by chapter; all without a word.
std::vector<const Experiment*> chosen(const Words& words) {
  std::vector<const Experiment*> list;
  std::vector<std::string> names;
  for (const Experiment& one : lab::experiments()) names.emplace_back(one.name);
  if (words.empty())
    for (const Experiment& one : lab::experiments()) list.push_back(&one);
  for (const std::string& word : words) {
    const std::size_t before = list.size();
    for (const Experiment& one : lab::experiments())
      if (word == one.name || word == std::to_string(one.chapter)) list.push_back(&one);
    if (list.size() != before) continue;
    const auto meant = nearest(word, names);
    throw UsageError("there is no experiment " + in_quotes(word),
                     meant ? "did you mean " + *meant + "?" : "see cloche lab list");
  }
  return list;
}

int print_list(bool json) {
  if (json) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const Experiment& one : lab::experiments())
      all.push_back({{"chapter", one.chapter}, {"name", one.name}, {"question", one.question}});
    fmt::print("{}\n", all.dump(2));
    return 0;
  }
  std::vector<std::vector<std::string>> rows = {{"CHAPTER", "NAME", "QUESTION"}};
  for (const Experiment& one : lab::experiments())
    rows.push_back({std::to_string(one.chapter), one.name, one.question});
  fmt::print("{}", table(rows));
  return 0;
}

/// Waits for a key, unseen. False: it was q, ^C or ^D, or the terminal is gone.
bool wait_for_a_key() {
  termios before{};
  if (::tcgetattr(STDIN_FILENO, &before) != 0) return false;
  termios raw = before;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
  ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
  // Shown last: a key that comes after it is heard as one, ^C too.
  fmt::print("\n     [a key: go on, q: end] ");
  std::fflush(stdout);
  char key = 'q';
  if (::read(STDIN_FILENO, &key, 1) != 1) key = 'q';
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);  // what else the key sent goes too
  fmt::print("\r\x1b[K");
  return key != 'q' && key != 3 && key != 4;
}

/// The chart as it grows, on one line that is written over.
void show_growth(const lab::Series& series) {
  constexpr std::size_t kLatest = 40;
  const std::size_t from = series.values.size() > kLatest ? series.values.size() - kLatest : 0;
  const std::vector<double> latest(series.values.begin() + static_cast<std::ptrdiff_t>(from),
                                   series.values.end());
  double top = *std::max_element(series.values.begin(), series.values.end());
  if (series.limit) top = std::max(top, *series.limit);
  fmt::print("\r       {} {} {}\x1b[K", series.title, sparkline(latest, top > 0 ? top : 1),
             series_words(series, latest.back()));
  std::fflush(stdout);
}

struct Manner {
  bool told = true, pauses = false, terminal = false;
  Ink ink;
};

std::vector<Trial> go_through(const std::vector<const Experiment*>& list, const lab::Situation& situation,
                              const Manner& manner) {
  std::vector<Trial> trials;
  int chapter = 0;
  for (const Experiment* experiment : list) {
    if (manner.pauses && !trials.empty() && !wait_for_a_key()) break;
    if (manner.told) {
      if (experiment->chapter != chapter) fmt::print("{}", chapter_text(experiment->chapter, manner.ink));
      chapter = experiment->chapter;
      const bool can = !experiment->needs || experiment->needs(situation).empty();
      fmt::print("{}", intro(*experiment, can ? experiment->predict(situation) : lab::Lines{}, manner.ink));
    }
    std::fflush(stdout);  // a child has a copy of what is not written yet
    const bool live = manner.told && manner.terminal;
    trials.push_back(
        {experiment, lab::perform(*experiment, situation,
                                  live ? show_growth : std::function<void(const lab::Series&)>{})});
    if (live && trials.back().result.series) fmt::print("\r\x1b[K");
    if (manner.told) fmt::print("{}", outcome_text(trials.back(), manner.ink));
  }
  return trials;
}

}  // namespace

std::span<const Option> lab_options() {
  return kOptions;
}

int lab(const Words& words) {
  const Parsed parsed = parse_mixed(kOptions, words);
  if (parsed.words == Words{"list"}) return print_list(parsed.has("json"));
  const std::vector<const Experiment*> list = chosen(parsed.words);
  if (::geteuid() == 0)
    throw Error("the lab asks what an ordinary user may do, and you are root",
                "run it as yourself, without sudo");
  const auto page = parsed.value("html");
  Manner manner{.told = !parsed.has("json") && !page, .terminal = ::isatty(STDOUT_FILENO) == 1};
  manner.pauses = manner.told && manner.terminal && ::isatty(STDIN_FILENO) == 1 && !parsed.has("all");
  if (manner.terminal && !std::getenv("NO_COLOR")) manner.ink = kColours;
  const lab::Situation situation = lab::read_situation();
  const std::vector<Trial> trials = go_through(list, situation, manner);
  if (parsed.has("json")) fmt::print("{}", lab_json(situation, trials));
  if (page) replace_file(*page, lab_page(situation, trials));
  if (!parsed.has("json")) fmt::print("{}{}.\n", manner.told ? "\n" : "", summary_words(trials));
  return findings(trials) ? 1 : 0;
}

}  // namespace cloche::cli
