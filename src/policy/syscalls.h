// The system calls by group: what each is for, and what becomes of it when nobody says otherwise. Together
// the groups hold every call that libseccomp names for x86-64 and aarch64; a unit test keeps it so, and a
// call that a newer kernel adds answers ENOSYS until somebody has thought about it.
#pragma once

#include <span>
#include <string_view>

namespace cloche {

enum class Verdict {
  allow,      ///< always
  condition,  ///< by its arguments: filter.cc has the conditions
  refuse,     ///< EPERM: the caller is told that it may not
  absent      ///< ENOSYS: as on an older kernel, so that libraries take their other way
};

struct SyscallGroup {
  const char* name;   ///< "@files"
  const char* about;  ///< one line
  Verdict verdict;
  std::string_view calls;  ///< names, separated by blanks
};

std::span<const SyscallGroup> syscall_groups();

}  // namespace cloche
