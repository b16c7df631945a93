// What cloche itself inherited, before anything runs.
#pragma once

#include <vector>

namespace cloche::cli {

/// Descriptors 0 to 2 exist from here on, and above them only the named ones: what leaked into cloche can
/// neither leak on nor keep somebody's pipe open.
void tidy_descriptors(const std::vector<int>& kept);

bool is_terminal(int fd);

}  // namespace cloche::cli
