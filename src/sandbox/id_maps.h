// Writes a child's id maps: directly for one id, through newuidmap and newgidmap (setuid helpers of shadow)
// for a range. See user_namespaces(7).
//
//   IdMaps maps(child, plan.identity);   // both helpers run side by side ...
//   ...                                  // ... while this process does something else
//   maps.finish();
#pragma once

#include "base/pidfd.h"
#include "plan/plan.h"

namespace cloche {

class IdMaps {
 public:
  /// Begins; for a single id the maps are written when this returns. Throws Error.
  IdMaps(pid_t child, const IdentityPlan& identity);
  IdMaps(const IdMaps&) = delete;
  IdMaps& operator=(const IdMaps&) = delete;
  ~IdMaps();

  /// Waits for the helpers, at most a minute (they may ask a slow name service). Throws Error with what the
  /// helper said.
  void finish();

 private:
  struct Helper {
    const char* option = "";
    std::string path;
    Process process;
    Fd said;
  };
  void start(Helper& helper, const char* option, const std::string& path, pid_t child,
             const std::vector<IdMapLine>& lines);
  static void wait_for(Helper& helper);

  Helper uid_, gid_;
};

}  // namespace cloche
