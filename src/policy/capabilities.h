// Capabilities by name (libcap knows the numbers): what a kept one opens inside, and which are never kept.
// See capabilities(7), user_namespaces(7).
#pragma once

#include <span>
#include <string>
#include <vector>

namespace cloche {

/// The number of "net_bind_service"; throws UsageError with the nearest name.
unsigned capability_number(const std::string& name);

struct Capability {
  const char* name;
  const char* opens;     ///< what a payload that keeps it may do inside; null where it never may
  const char* refused;   ///< why it never may; null where it may
  bool network = false;  ///< it counts in a network of the sandbox's own only
};

/// Every one that there is, each allowed or refused.
std::span<const Capability> capabilities();

/// The row of one that may be kept. Throws Error where the payload could undo the sandbox with it, and says
/// how.
const Capability& kept_capability(const std::string& name);

/// What `--as root` keeps: what package tools need on files and processes of the namespace's own ids.
const std::vector<std::string>& root_capabilities();

}  // namespace cloche
