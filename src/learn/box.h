// The box that a command is learned in: wide enough that it does what it means to do, and still one in which
// it can do no harm.
//
//   reads    the home but for its secrets, and the other folders of the machine, all of it read-only
//   writes   the current folder as in any run; new names elsewhere in the home, in memory, gone afterwards
//   network  none, unless it is asked for
//   calls    what the default list allows
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "host/facts.h"
#include "spec/spec.h"

namespace cloche {

/// Names in a folder of the host, without "." and "..", sorted; empty where it cannot be read.
using ListFolder = std::function<std::vector<std::string>(const std::string& folder)>;

/// `asked`, with the view that a command is learned in below its own changes.
Spec learning_spec(const Spec& asked, const HostFacts& facts, const ListFolder& list);

/// ListFolder of the real host: what may be shown at all. A link that leads to a secret is left out.
ListFolder names_to_show(const std::string& home);

}  // namespace cloche
