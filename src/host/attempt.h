// One act tried for real, in a process of its own: what it changes of itself (namespaces, filters, rules) is
// gone with it, and an act that hangs or is killed is an answer like any other.
//
//   const Reply answer = attempt([] {
//     in_new_namespaces(CLONE_NEWUSER | CLONE_NEWUTS);
//     must(::sethostname("x", 1), "sethostname");
//     return std::string("set");
//   });
//   if (answer.kind == Reply::Kind::refused) … errno_words(answer.error) …
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace cloche {

struct Reply {
  enum class Kind { done, refused, silent, died };
  Kind kind = Kind::died;
  std::string text;    ///< what the act returned, or the sentence of the Error that it threw
  std::string remedy;  ///< the Error's
  int error = 0;       ///< its errno, 0 where there is none

  bool done() const { return kind == Kind::done; }
};

inline constexpr std::chrono::milliseconds kProbePatience{5000};

/// Runs `act` in a child. It and what it started are gone when this returns, and when the caller dies.
Reply attempt(const std::function<std::string()>& act, std::chrono::milliseconds patience = kProbePatience);

// For acts:

/// Throws Error that names the call, where `result` is negative.
void must(long result, const char* call);
/// clone3 with `flags`, as fork: 0 in the child, which dies with its parent. Throws Error. Where `pidfd` is
/// given it receives one; with `cgroup` the child starts in that cgroup.
pid_t clone_with(std::uint64_t flags, int* pidfd = nullptr, int cgroup = -1);
/// Goes on in a child in new namespaces, by clone3 as cloche run does. Without `mapped` no id is mapped there
/// yet; with it the caller's own is, to 0.
void in_new_namespaces(std::uint64_t flags, bool mapped = false);

}  // namespace cloche
