// What the lab found out, told as text, as JSON and as a page: pure functions of the results.
//
//   std::cout << intro(experiment, predicted) << outcome(trial);   // while it goes on
//   replace_file(path, lab_page(situation, trials));
#pragma once

#include <string>
#include <vector>

#include "lab/experiment.h"

namespace cloche::cli {

struct Trial {
  const lab::Experiment* experiment;
  lab::Result result;
};

/// How the parts of a text are set off from each other; empty without colour.
struct Ink {
  const char *strong = "", *quiet = "", *good = "", *bad = "", *end = "";
};

/// "as predicted", "finding" or "not here".
const char* state_word(lab::Result::State state);
std::size_t findings(const std::vector<Trial>& trials);
/// "47 experiments: 40 as predicted, 7 not here, no finding".
std::string summary_words(const std::vector<Trial>& trials);

/// `text` in lines of at most 80 columns, each indented.
std::string wrapped(const std::string& text, std::size_t indent);
/// The heading of a chapter.
std::string chapter_text(int chapter, const Ink& ink);
/// Before an experiment: its question, the call, and the prediction, which is empty where it is not made.
std::string intro(const lab::Experiment& experiment, const lab::Lines& predicted, const Ink& ink);
/// And after it: answers, figures, chart, trees, the rule and what it means.
std::string outcome_text(const Trial& trial, const Ink& ink);
/// A value of a chart: "61 MiB", "32", "0.2".
std::string series_words(const lab::Series& series, double value);

std::string lab_json(const lab::Situation& situation, const std::vector<Trial>& trials);
/// One file that fetches nothing; well-formed as XML too.
std::string lab_page(const lab::Situation& situation, const std::vector<Trial>& trials);
/// A drawing of `tree` for that page; `process` is what sits in a node that is `here`.
std::string tree_svg(const lab::Tree& tree, const std::string& title);
/// For each node of a tree: how deep it is, and the index of the last one below it.
struct TreePlace {
  std::size_t depth, last;
  std::string name;  ///< the last part of its path
  bool boundary;     ///< the topmost of those that are the caller's
};
std::vector<TreePlace> tree_places(const lab::Tree& tree);

}  // namespace cloche::cli
