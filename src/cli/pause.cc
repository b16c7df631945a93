#include "cli/running.h"
#include "cli/running_options.h"

namespace cloche::cli {
std::span<const Option> pause_options() {
  return {};
}

int pause(const Words& words) {
  set_paused(named(parse_mixed({}, words)), true);
  return 0;
}
int resume(const Words& words) {
  set_paused(named(parse_mixed({}, words)), false);
  return 0;
}

}  // namespace cloche::cli
