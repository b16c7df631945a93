// How much of the kernel the default profile leaves to be asked: once by its rules as values, once by the
// kernel's own word on the filter that a run installs. Neither carries any of the calls out.
#pragma once

#include <cstddef>

namespace cloche::lab {

/// Calls of this machine by what becomes of them with all arguments 0.
struct Surface {
  std::size_t allowed = 0, refused = 0, absent = 0;  ///< let through; EPERM; ENOSYS
  std::size_t other = 0;                             ///< another errno
  std::size_t all() const { return allowed + refused + absent + other; }
  bool operator==(const Surface&) const = default;
};

Surface surface_by_policy();

/// Installs the filter in a child, and behind it one that answers for every call that the first lets through.
/// Throws Error.
Surface surface_by_kernel();

/// How many calls the default profile decides by their arguments.
std::size_t calls_by_arguments();

}  // namespace cloche::lab
