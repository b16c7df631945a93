// One Spec over another: profiles in their order, then the command line. What is said once is replaced, lists
// go on (a view's later changes lie over its earlier ones anyway), and a limit of the same name is replaced.
#pragma once

#include "spec/spec.h"

namespace cloche {

Spec overlay(Spec base, const Spec& over);

/// In place of the limit of that name, if there is one: setrlimit(2) could not raise it again.
void lay_over(LimitsSpec& limits, const ResourceLimit& limit);
/// Key by key for a device that has some already.
void lay_over(LimitsSpec& limits, const IoMax& limit);

}  // namespace cloche
