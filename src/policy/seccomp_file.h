// A filter that somebody wrote for a container engine: the JSON profiles of Docker and Podman ("engine"), and
// the seccomp object of the OCI runtime specification ("oci", alone or within a whole config.json).
//
//   SeccompFile file = read_seccomp_file(text, "/usr/share/containers/seccomp.json",
//                                        {{"chown"}, Machine::x86_64, 6, 1});
//
// The engines' profiles hold more than a runtime knows: which architectures go together (archMap), and rules
// that are in or out by capabilities, machine and kernel (includes, excludes). Those are evaluated here, for
// the capabilities that the payload keeps. From there on both mean what runc and crun make of them through
// libseccomp (rules_of_call.h has how it treats several rules of one call):
//
//   a rule whose action is the default's says nothing
//   conditions that name one argument twice make each condition of their rule a rule of its own (OR)
//   SCMP_CMP_MASKED_EQ: `value` is the mask, `valueTwo` what is left under it
//   names that libseccomp does not know are passed over, and listed in `passed_over`
//
// Stricter than they are, and said in `foreign`: calls of other architectures (32-bit x86, x32) are killed
// even where the file lets them in. What cannot be carried out (SCMP_ACT_NOTIFY) and what is misspelt is an
// error that names the place: a rule must not be lost by a typing mistake.
#pragma once

#include <string>
#include <vector>

#include "policy/filter.h"

namespace cloche {

/// What the rules of an engine's profile are chosen by.
struct SeccompContext {
  std::vector<std::string> capabilities;  ///< kept by the payload; lower case, without cap_
  Machine machine = Machine::x86_64;
  unsigned kernel_major = 0, kernel_minor = 0;
};

struct SeccompFile {
  enum class Format { engine, oci };
  Format format = Format::oci;
  FilterPolicy policy;
  std::uint32_t load_flags = 0;          ///< SECCOMP_FILTER_FLAG_* for seccomp(2)
  std::vector<std::string> passed_over;  ///< names that libseccomp does not know
  std::vector<std::string> foreign;      ///< architectures let in by the file, and killed all the same
  bool operator==(const SeccompFile&) const = default;
};

/// Throws Error that names `path` and the place in it: line and column, or a JSON pointer.
SeccompFile read_seccomp_file(const std::string& text, const std::string& path,
                              const SeccompContext& context);

/// The calls that make namespaces, mounts or the like and that `policy` allows in some way: what a file that
/// is taken as it is should not do unsaid.
std::vector<std::string> opened_by(const FilterPolicy& policy);

}  // namespace cloche
