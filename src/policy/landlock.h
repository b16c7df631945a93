// Landlock's rights by ABI. Debian 12's headers end at ABI 2, so the numbers are given here; they are the
// kernel's (include/uapi/linux/landlock.h) and never change.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cloche {

struct LandlockRights {
  std::uint64_t all;         ///< what a ruleset of this ABI handles: what is not granted is refused
  std::uint64_t read_tree;   ///< look, read and execute
  std::uint64_t write_tree;  ///< that, and everything but making device nodes
  std::uint64_t execute;
  std::uint64_t device;    ///< reading, writing and controlling what is there, making nothing
  std::uint64_t of_files;  ///< those that a rule on a single file may have
  std::uint64_t read_file, write_file;
  std::size_t attribute_size;  ///< of landlock_ruleset_attr, as far as this ABI knows it
};

LandlockRights landlock_rights(int abi);

inline constexpr std::uint64_t kLandlockBindTcp = 1u << 0;  // ABI 4
inline constexpr std::uint64_t kLandlockConnectTcp = 1u << 1;
inline constexpr std::uint64_t kLandlockScopeAbstract = 1u << 0;  // ABI 6
inline constexpr std::uint64_t kLandlockScopeSignal = 1u << 1;

}  // namespace cloche
