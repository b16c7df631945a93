// A step of the child that failed, as one sentence with its remedy.
#pragma once

#include "base/error.h"
#include "child/frozen.h"
#include "plan/plan.h"

namespace cloche {

/// For every step but exec. Looks at the host for the cause where the errno alone does not tell.
Error explain(const child::Failure& failure, const Plan& plan);

/// Why the child could not even be cloned into its namespaces.
Error explain_clone(int error);

}  // namespace cloche
