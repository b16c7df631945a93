// The textual forms that the command line and profiles share. Every parser throws UsageError with the cause
// and the remedy; who calls it puts the option's or the key's name before it.
#pragma once

#include <string>

#include "spec/spec.h"

namespace cloche {

/// "PATH[:DEST]"; "\:" is a colon that belongs to a path.
ViewChange parse_bind(ViewChange::Kind kind, const std::string& text);
/// "DEST[:SIZE]"
ViewChange parse_tmpfs(const std::string& text);
/// "rw", "ro" or "none"
HereMode parse_here(const std::string& text);
/// "self", "root", "UID" or "UID:GID"; UID alone stands for the same number twice.
As parse_as(const std::string& text);
MapMode parse_map_mode(const std::string& text);
NetMode parse_net(const std::string& text);
/// RFC 1123, at most 64 bytes (the kernel's limit).
std::string parse_hostname(const std::string& text);
/// What ps and kill call a sandbox, and a part of its cgroup's name: letters, digits, "_", "." and "-".
std::string parse_name(const std::string& text);
/// "NAME" or "NAME=VALUE"
EnvironmentChange parse_environment(const std::string& text);
/// 1 to 10000, as cpu.weight and io.weight take it.
std::uint64_t parse_weight(const std::string& text);
std::uint64_t parse_tasks(const std::string& text);
/// "DEV:rbps=SIZE,wbps=SIZE,riops=N,wiops=N", DEV being /dev/... or MAJ:MIN
IoMax parse_io_max(const std::string& text);
/// "0-3,7"
std::string parse_cpuset(const std::string& text);
/// "nofile=1024", "nofile=1024:4096", "core=unlimited"
ResourceLimit parse_rlimit(const std::string& text);
/// "NET_ADMIN", "cap_net_admin" and "net_admin" are all "net_admin".
std::string parse_capability(const std::string& text);
LandlockMode parse_landlock_mode(const std::string& text);
std::uint16_t parse_port(const std::string& text);
int parse_fd(const std::string& text);

/// RLIMIT_* for "nofile" and the like; -1 for a name that is none.
int rlimit_number(const std::string& name);

}  // namespace cloche
