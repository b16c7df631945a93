// The table of forbidden acts: what is tried, where it is expected to be refused and how, and how the same
// act is shown to work where nothing forbids it.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace cloche::testing {

/// How the act is proved possible, so that its refusal means something.
enum class Control {
  plain,         ///< the same user does it outside
  namespaces,    ///< root of a fresh user namespace does it
  administrator  ///< only the host's real root could, or nobody on this machine: there is no control
};

/// In which sandboxes it has to be refused.
enum Where : unsigned {
  kByDefault = 1,  ///< `cloche run`
  kAsRoot = 2,     ///< --as root
  kSingle = 4,     ///< --map single
  kNoFilter = 8,   ///< --seccomp none: the other layers have to hold
  kEverywhere = kByDefault | kAsRoot | kSingle | kNoFilter,
  kFiltered = kByDefault | kAsRoot | kSingle,   ///< the system call filter alone refuses it
  kNotRoot = kByDefault | kSingle | kNoFilter,  ///< root inside may do it, to nobody's harm
  kFilteredNotRoot = kByDefault | kSingle
};

struct Row {
  std::string name;  ///< letters, digits and underscores
  std::vector<std::string> act;
  Control control = Control::plain;
  /// What the act may print when it is refused (an errno's name mostly); held to by default and with
  /// --map single. In the other sandboxes any refusal will do, since another layer may answer first.
  /// "OK": it may succeed, on something of the sandbox's own: what counts is that the host is unchanged.
  std::vector<std::string> answers;
  unsigned where = kEverywhere;
  std::vector<std::string> options = {};  ///< of cloche, besides those of the sandbox's kind
};

std::vector<Row> rows();
void PrintTo(const Row& row, std::ostream* stream);

// By subject, each in a file of its own.
std::vector<Row> file_rows();
std::vector<Row> protected_rows();
std::vector<Row> mount_rows();
std::vector<Row> namespace_rows();
std::vector<Row> process_rows();
std::vector<Row> proc_rows();
std::vector<Row> socket_rows();
std::vector<Row> kernel_rows();
std::vector<Row> privilege_rows();

}  // namespace cloche::testing
