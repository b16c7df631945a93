// The host around a sandbox, seen from the test: what must be the same afterwards, and what is left behind.
//
//   const HostState before = host_state();
//   … run something hostile …
//   EXPECT_EQ(before, host_state());
//   EXPECT_EQ(left_behind(), "");
#pragma once

#include <sys/types.h>

#include <iosfwd>
#include <string>
#include <vector>

namespace cloche::testing {

/// What a sandbox that leaks would change, apart from files (folder.h compares those).
struct HostState {
  std::string mounts;  ///< this process's mount table
  std::string hostname;
  std::string id_maps;  ///< of this process
  std::string links;    ///< the network interfaces' names
  std::string ipc;      ///< the SysV objects
  std::string limits;   ///< of this process
  bool operator==(const HostState&) const = default;
};
HostState host_state();
std::ostream& operator<<(std::ostream& stream, const HostState& state);

/// The caller's home as passwd has it, symbolic links resolved.
std::string home_folder();
std::string user_name();

/// Makes this process the one that orphans below it are handed to, so that nothing that a killed cloche
/// leaves can hide from left_behind(). Called once, before the first test.
void adopt_orphans();

/// Processes below this one that it did not start itself ("PID NAME STATE" a line), after up to half a
/// minute's wait for them to go. `known` are the test's own. Dead ones are reaped, and are no finding.
std::string left_behind(const std::vector<pid_t>& known = {});

/// All processes below `parent`, itself not included.
std::vector<pid_t> descendants(pid_t parent);

}  // namespace cloche::testing
