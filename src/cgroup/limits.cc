#include "cgroup/limits.h"

#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
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

/// The kernel keeps memory in whole pages, and io.max line by line; the rest reads back as it was written.
bool holds(const LimitFile& limit, const std::string& read) {
  if (read == limit.value) return true;
  if (limit.file == "io.max") {
    for (const std::string& line : split(read, '\n')) {
      const auto fields = split(line, ' ');
      const auto wanted = split(limit.value, ' ');
      if (std::all_of(wanted.begin(), wanted.end(), [&](const auto& w) {
            return std::find(fields.begin(), fields.end(), w) != fields.end();
          }))
        return true;
    }
    return false;
  }
  if (limit.file == "io.weight") return read == "default " + limit.value;
  const auto wanted = whole_number(limit.value), got = whole_number(read);
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return limit.controller == "memory" && wanted && got && *got == *wanted / page * page;
}

bool host_has_swap() {
  struct sysinfo machine {};
  return ::sysinfo(&machine) != 0 || machine.totalswap > 0;
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

std::vector<std::string> controllers_of(const std::vector<LimitFile>& files) {
  std::vector<std::string> names;
  for (const LimitFile& file : files)
    if (std::find(names.begin(), names.end(), file.controller) == names.end())
      names.push_back(file.controller);
  return names;
}

void apply(const CgroupDirectory& cgroup, const LimitFile& limit) {
  // A kernel without swap accounting has no such file; a host without swap has none to use.
  if (limit.file == "memory.swap.max" && limit.value == "0" && !host_has_swap()) return;
  if (const int error = cgroup.write(limit.file, limit.value))
    throw Error(fmt::format("{}: the kernel refuses {} in {}: {}", limit.option, in_quotes(limit.value),
                            limit.file, errno_words(error)),
                "", error);
  const std::string read = cgroup.read(limit.file);
  if (!holds(limit, read))
    throw Error(fmt::format("{}: {} reads {} after {} was written", limit.option, limit.file, in_quotes(read),
                            in_quotes(limit.value)),
                "a limit above it in the tree may be lower: see cloche doctor");
}

}  // namespace cloche
