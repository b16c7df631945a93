// What the commands that act on running sandboxes share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cgroup/directory.h"
#include "cli/options.h"
#include "sandbox/registry.h"

namespace cloche::cli {

/// The registry's folder of whoever calls.
std::string own_registry();
/// The sandbox that the command's only word names. Throws UsageError for none or more than one.
RunningSandbox named(const Parsed& parsed);

/// The payload's cgroup; none where the sandbox has none or has just ended.
std::optional<CgroupDirectory> cgroup_of(const RunningSandbox& sandbox);
/// The same for commands that cannot do without: throws Error that says why `action` needs one.
CgroupDirectory needed_cgroup(const RunningSandbox& sandbox, const std::string& action);
bool is_paused(const CgroupDirectory& cgroup);
/// SIGKILL to all that lives in it.
void kill_everything(const RunningSandbox& sandbox);
/// Stops every process of it where it is, or lets them go on; returns when the kernel has.
void set_paused(const RunningSandbox& sandbox, bool paused);
/// "max" is no limit.
std::optional<std::uint64_t> limit_of(const CgroupDirectory& cgroup, const std::string& file);

/// "512 MiB", "?" where it is not known.
std::string size_or_unknown(const std::optional<std::uint64_t>& bytes);
/// Rows with their columns aligned, the first one being the heads.
std::string table(const std::vector<std::vector<std::string>>& rows);

}  // namespace cloche::cli
