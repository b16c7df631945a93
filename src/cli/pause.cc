#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/running.h"
#include "cli/running_options.h"

namespace cloche::cli {
namespace {

/// cgroup.freeze (Linux 5.2): the kernel stops every task of the tree, none can notice or refuse.
int freeze(const Words& words, bool frozen) {
  const RunningSandbox one = named(parse_mixed({}, words));
  const CgroupDirectory cgroup = needed_cgroup(one, frozen ? "pause" : "resume");
  const char* value = frozen ? "1" : "0";
  if (const int error = cgroup.write("cgroup.freeze", value))
    throw_errno(error, "cannot write cgroup.freeze of", one.name);
  for (int tries = 0; tries < 500; ++tries) {
    if (cgroup.number("cgroup.events", "frozen").value_or(0) == (frozen ? 1u : 0u)) return 0;
    ::usleep(10'000);
  }
  throw Error("the kernel did not " + std::string(frozen ? "pause " : "resume ") + in_quotes(one.name) +
                  " within 5 s",
              "a process of it may be in a system call that cannot be interrupted");
}

}  // namespace

std::span<const Option> pause_options() {
  return {};
}

int pause(const Words& words) {
  return freeze(words, true);
}
int resume(const Words& words) {
  return freeze(words, false);
}

}  // namespace cloche::cli
