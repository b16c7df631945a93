// Writes a child's id maps: directly for one id, through newuidmap and newgidmap (setuid helpers of shadow)
// for a range. See user_namespaces(7).
//
//   IdMaps maps(child, plan.identity);   // both helpers run side by side ...
//   ...                                  // ... while this process does something else
//   maps.finish();
#pragma once

#include "plan/plan.h"
#include "sandbox/helper.h"

namespace cloche {

class IdMaps {
 public:
  /// Begins; for a single id the maps are written when this returns. The helpers run side by side on `all`.
  /// Throws Error.
  IdMaps(pid_t child, const IdentityPlan& identity, const child::Processors& all = {});
  IdMaps(const IdMaps&) = delete;
  IdMaps& operator=(const IdMaps&) = delete;

  /// Waits for the maps, at most a minute (the helpers may ask a slow name service). Throws Error with what a
  /// helper said. One of them may still be ending then; it is reaped with this object.
  void finish();

 private:
  bool is_mapped(const Helper& helper, const char* file) const;

  pid_t child_;
  Helper uid_, gid_;
};

}  // namespace cloche
