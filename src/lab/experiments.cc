#include <algorithm>

#include "lab/experiment.h"

namespace cloche::lab {

std::span<const Experiment> experiments() {
  static const std::vector<Experiment> all = [] {
    std::vector<Experiment> list;
    for (const auto chapter :
         {chapter_sees, chapter_uses, chapter_delegation, chapter_limits, chapter_identity, chapter_remains})
      std::copy(chapter().begin(), chapter().end(), std::back_inserter(list));
    return list;
  }();
  return all;
}

const char* chapter_title(int chapter) {
  constexpr const char* kTitles[kChapters] = {
      "What a process sees",
      "What a process may use",
      "Why root was needed, and what changed",
      "Limits that hold",
      "Identity",
      "What stays possible",
  };
  return kTitles[chapter - 1];
}

}  // namespace cloche::lab
