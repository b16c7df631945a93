// One thing to find out about the kernel: a question, the call about to be made, what the rules predict for
// this machine, and the call itself. What comes of it is a plain value, which text, JSON and page are told
// from.
//
//   const Experiment& mkdir = experiments()[9];
//   const Lines predicted = mkdir.predict(situation);        // {{"mkdir(…)", "Permission denied (EACCES)"}}
//   const Result result = perform(mkdir, situation, {});     // lab/runner.h: in a process of its own
//
// An experiment is written as notes while it runs (Notebook, lab/notebook.h): lines, which are compared with
// the prediction one by one; figures, which nobody can predict; samples for a chart; and trees of cgroups.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lab/situation.h"

namespace cloche::lab {

class Notebook;

/// What was tried or looked at, and what came of it.
struct Line {
  std::string what, came;
  bool operator==(const Line&) const = default;
};
using Lines = std::vector<Line>;

/// "works", or the kernel's words for `error`.
Line tried(const std::string& what, int error);
/// "yes" or "no".
Line holds(const std::string& what, bool is_so);

/// A cgroup of a drawn tree.
struct TreeNode {
  std::string path;   ///< below the mount of the cgroup v2 tree; "/" for its root
  std::string owner;  ///< a user's name
  bool mine = false;  ///< the caller owns it
  bool here = false;  ///< the experiment's process sits in it
  bool operator==(const TreeNode&) const = default;
};
using Tree = std::vector<TreeNode>;  ///< parents before their children

struct Series {
  std::string title, unit;      ///< "pids.current", "processes"
  std::optional<double> limit;  ///< drawn as a line of its own
  std::vector<double> values;   ///< at equal distances in time
  double seconds = 0;           ///< from the first to the last
  bool operator==(const Series&) const = default;
};

struct Experiment {
  int chapter;       ///< 1 to 6
  const char* name;  ///< one word for the command line
  const char* question;
  const char* call;  ///< as in a manual page
  /// What is missing here, a sentence; empty where it can be done.
  std::string (*needs)(const Situation&);
  Lines (*predict)(const Situation&);
  void (*run)(const Situation&, Notebook&);
  /// What the kernel answers where it cannot be done; may be null.
  void (*instead)(const Situation&, Notebook&);
  const char* rule;
  const char* since;     ///< "Linux 4.6"
  const char* document;  ///< "cgroup_namespaces(7)"
  const char* means;
};

struct Result {
  enum class State {
    as_predicted,
    finding,   ///< the kernel answered otherwise
    not_here,  ///< it cannot be done on this machine
  };
  State state = State::as_predicted;
  std::string missing;  ///< of not_here: what; of a finding: how it ended, where it did not end by itself
  Lines predicted, answered, figures;
  std::optional<Series> series;
  Tree before, after;
};

/// By chapter and in the order in which they are to be read.
std::span<const Experiment> experiments();
/// "What a process sees" for 1.
const char* chapter_title(int chapter);
inline constexpr int kChapters = 6;

// Chapters, each in a file of its own.
std::span<const Experiment> chapter_sees();
std::span<const Experiment> chapter_uses();
std::span<const Experiment> chapter_delegation();
std::span<const Experiment> chapter_limits();
std::span<const Experiment> chapter_identity();
std::span<const Experiment> chapter_remains();

}  // namespace cloche::lab
