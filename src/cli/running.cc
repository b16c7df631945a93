#include "cli/running.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "host/read_facts.h"

namespace cloche::cli {

std::string own_registry() {
  const HostFacts facts = read_host_facts();
  return registry_folder(facts.runtime_directory, facts.home);
}

RunningSandbox named(const Parsed& parsed) {
  if (parsed.words.empty()) throw UsageError("which sandbox?", "give its name; cloche ps lists them");
  if (parsed.words.size() > 1)
    throw UsageError("one name is expected, not " + in_quotes(parsed.words[1]) + " too");
  return running_sandbox(own_registry(), parsed.words.front());
}

std::optional<CgroupDirectory> cgroup_of(const RunningSandbox& sandbox) {
  if (sandbox.cgroup.empty()) return std::nullopt;
  try {
    return CgroupDirectory(sandbox.cgroup);
  } catch (const Error&) {
    return std::nullopt;
  }
}

CgroupDirectory needed_cgroup(const RunningSandbox& sandbox, const std::string& action) {
  if (sandbox.cgroup.empty())
    throw Error(
        fmt::format("cannot {} {}: it runs without a cgroup of its own", action, in_quotes(sandbox.name)),
        "start it where a cgroup can be had: cloche run --summary says what was missing");
  return CgroupDirectory(sandbox.cgroup);
}

bool is_paused(const CgroupDirectory& cgroup) {
  return cgroup.number("cgroup.freeze").value_or(0) == 1;
}

void kill_everything(const RunningSandbox& sandbox) {
  const Process init = held_init(sandbox);
  if (const auto cgroup = cgroup_of(sandbox)) return cgroup->kill();
  // Pid 1 takes along whatever lives in its namespace.
  if (!send_signal(init.pidfd, SIGKILL)) throw_errno(errno, "cannot kill", sandbox.name);
}

/// cgroup.freeze (Linux 5.2): the kernel stops every task of the tree, none can notice or refuse.
void set_paused(const RunningSandbox& sandbox, bool paused) {
  const CgroupDirectory cgroup = needed_cgroup(sandbox, paused ? "pause" : "resume");
  if (const int error = cgroup.write("cgroup.freeze", paused ? "1" : "0"))
    throw_errno(error, "cannot write cgroup.freeze of", sandbox.name);
  for (int tries = 0; tries < 500; ++tries) {
    if (cgroup.number("cgroup.events", "frozen").value_or(0) == (paused ? 1u : 0u)) return;
    ::usleep(10'000);
  }
  throw Error(fmt::format("the kernel did not {} {} within 5 s", paused ? "pause" : "resume",
                          in_quotes(sandbox.name)),
              "a process of it may be in a system call that cannot be interrupted");
}

std::optional<std::uint64_t> limit_of(const CgroupDirectory& cgroup, const std::string& file) {
  return cgroup.number(file);
}

std::string size_or_unknown(const std::optional<std::uint64_t>& bytes) {
  return bytes ? size_words(*bytes) : "?";
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

}  // namespace cloche::cli
