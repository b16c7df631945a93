#include "cgroup/limits.h"

#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace cloche {
namespace {

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

std::vector<std::string> controllers_of(const std::vector<LimitFile>& files) {
  std::vector<std::string> names;
  for (const LimitFile& file : files)
    if (std::find(names.begin(), names.end(), file.controller) == names.end())
      names.push_back(file.controller);
  return names;
}

void apply(const CgroupDirectory& cgroup, const LimitFile& limit) {
  // A kernel without swap accounting has no such file; a host without swap has none to use.
  const int error = cgroup.write(limit.file, limit.value);
  if (error == ENOENT && limit.file == "memory.swap.max" && limit.value == "0" && !host_has_swap()) return;
  if (error)
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
