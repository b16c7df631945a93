#include "plan/limit_files.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace cloche {
namespace {

// cpu.max: so much cpu time in each period of a tenth of a second, the kernel's own default.
constexpr std::uint64_t kPeriodUsec = 100'000;

std::string device_number(const std::string& device) {
  if (!device.starts_with('/')) return device;
  struct stat there {};
  if (::stat(device.c_str(), &there) != 0) throw_errno(errno, "--io-max: cannot use", device);
  if (!S_ISBLK(there.st_mode)) throw Error("--io-max: " + in_quotes(device) + " is not a block device");
  return fmt::format("{}:{}", major(there.st_rdev), minor(there.st_rdev));
}

}  // namespace

std::vector<LimitFile> limit_files(const LimitsSpec& limits) {
  std::vector<LimitFile> files;
  const auto add = [&](const char* option, const char* controller, const char* file,
                       const std::string& value) {
    files.push_back({option, controller, file, value});
  };
  if (limits.memory) {
    add("--memory", "memory", "memory.max", std::to_string(*limits.memory));
    // The whole payload dies together: half a build that goes on is worth nothing.
    add("--memory", "memory", "memory.oom.group", "1");
  }
  if (limits.swap) add("--swap", "memory", "memory.swap.max", std::to_string(*limits.swap));
  if (limits.memory_high) add("--memory-high", "memory", "memory.high", std::to_string(*limits.memory_high));
  if (limits.cpus)
    add("--cpus", "cpu", "cpu.max", fmt::format("{} {}", *limits.cpus * kPeriodUsec / 1000, kPeriodUsec));
  if (limits.cpu_weight) add("--cpu-weight", "cpu", "cpu.weight", std::to_string(*limits.cpu_weight));
  if (limits.tasks) add("--tasks", "pids", "pids.max", std::to_string(*limits.tasks));
  if (limits.io_weight) add("--io-weight", "io", "io.weight", std::to_string(*limits.io_weight));
  for (const IoMax& one : limits.io_max) {
    std::string value = device_number(one.device);
    for (const auto& [key, number] : one.limits) value += fmt::format(" {}={}", key, number);
    add("--io-max", "io", "io.max", value);
  }
  if (limits.cpuset) add("--cpuset", "cpuset", "cpuset.cpus", *limits.cpuset);
  return files;
}

}  // namespace cloche
