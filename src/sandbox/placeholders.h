// The placeholders of one run (host/placeholder.h) on the host. Runs that share a folder share them: each
// holds a lock (LOCK_SH) on a file of the registry that is named after the folder, and whoever can have it
// alone when its run ends takes them away. The lock is not on the placeholder, nor on its folder: the command
// inside could hold it there, and tools that lock a folder would wait for its end.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "plan/plan.h"

namespace cloche {

class Placeholders {
 public:
  Placeholders(const ViewPlan& view, const std::string& registry);

  /// Lays them, or comes to share those that are there. An errno or 0 for each, in their order; EBUSY: the
  /// lock is not to be had.
  std::vector<int> lay();
  /// Takes away what no other run needs.
  void take();

 private:
  /// A folder that placeholders lie in.
  struct Place {
    Fd folder, lock;
    std::string lock_path;
    struct stat before {};
    std::vector<std::string> names;
    std::string link;  ///< the last of them that is one
  };
  Place* place_of(const PlaceholderStep& step, int& error);

  const ViewPlan& view_;
  std::string registry_;
  std::vector<Place> places_;
};

/// What is lost where some could not be laid; throws Error where they are required.
std::optional<Degradation> not_laid(const Plan& plan, const std::vector<int>& errors);
/// The protected paths that did not exist before the run and do after it: nothing kept them from being made.
std::optional<Degradation> planted(const ViewPlan& view);

}  // namespace cloche
