// Profiles as the command line uses them: with the person's own folders, and with what the policy knows of
// names, so that a misspelt system call is an error with its line too.
#pragma once

#include "host/facts.h"
#include "spec/profiles.h"

namespace cloche::cli {

ProfileContext profile_context(const HostFacts& facts);

/// What the profiles that `asked` names say, with `asked` itself over it.
Spec with_profiles(const Spec& asked, const HostFacts& facts);

}  // namespace cloche::cli
