// Capabilities by name (libcap knows the numbers): what a kept one opens inside, and which are never kept.
// See capabilities(7), user_namespaces(7).
#pragma once

#include <string>
#include <vector>

namespace cloche {

/// The number of "net_bind_service"; throws UsageError with the nearest name.
unsigned capability_number(const std::string& name);

/// Throws Error where the payload could undo the sandbox with it, and says how.
void check_capability(const std::string& name);

/// What `--as root` keeps: what package tools need on files and processes of the namespace's own ids.
const std::vector<std::string>& root_capabilities();

}  // namespace cloche
