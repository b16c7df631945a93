#include "policy/landlock.h"

namespace cloche {
namespace {

enum : std::uint64_t {
  kExecute = 1u << 0,
  kWriteFile = 1u << 1,
  kReadFile = 1u << 2,
  kReadDir = 1u << 3,
  kMakeChar = 1u << 6,
  kMakeBlock = 1u << 11,
  kLastOfAbi1 = 1u << 12,
  kRefer = 1u << 13,     // ABI 2
  kTruncate = 1u << 14,  // ABI 3
  kIoctlDev = 1u << 15,  // ABI 5
};

}  // namespace

LandlockRights landlock_rights(int abi) {
  LandlockRights rights{};
  rights.all = kLastOfAbi1 * 2 - 1;
  if (abi >= 2) rights.all |= kRefer;
  if (abi >= 3) rights.all |= kTruncate;
  if (abi >= 5) rights.all |= kIoctlDev;
  rights.read_tree = kExecute | kReadFile | kReadDir;
  rights.write_tree = rights.all & ~std::uint64_t{kMakeChar | kMakeBlock};
  rights.execute = kExecute;
  rights.device = rights.all & (kReadFile | kReadDir | kWriteFile | kTruncate | kIoctlDev);
  rights.of_files = rights.all & (kExecute | kReadFile | kWriteFile | kTruncate | kIoctlDev);
  rights.read_file = rights.all & (kReadFile | kExecute | kIoctlDev);
  rights.write_file = rights.all & (kWriteFile | kTruncate | kIoctlDev);
  // handled_access_fs; handled_access_net came with ABI 4, scoped with ABI 6.
  rights.attribute_size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
  return rights;
}

}  // namespace cloche
