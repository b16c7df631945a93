// One forbidden act: it is tried, and says what came of it. `acts NAME WORDS…` runs one by name, and
//
//   exits 0   the act SUCCEEDED: inside a sandbox, the sandbox has failed
//   exits 1   it was refused; the errno's name, or the signal that ended it, is printed
//   exits 2   it could not be tried at all (what it needs is missing), with the reason
//
// `acts --in-namespaces NAME WORDS…` tries it as "root" in fresh namespaces of its own: the control for acts
// that no ordinary user may do on the host itself, so that a test of a refusal can fail.
//
// Adding one: a function here below, a row in its file's list, a row in test_hostile.cc's table.
#pragma once

#include <cerrno>
#include <span>
#include <string>
#include <vector>

namespace acts {

struct Result {
  int status = 0;
  std::string word;
};

inline Result succeeded(const std::string& how = {}) {
  return {0, how};
}
Result refused(int error = errno);
inline Result refused_because(const std::string& word) {
  return {1, word};
}
inline Result untried(const std::string& why) {
  return {2, why};
}
/// What a system call's -1 or anything else means.
inline Result did(long result) {
  return result == -1 ? refused() : succeeded();
}

using Words = std::vector<std::string>;

struct Act {
  const char* name;
  Result (*attempt)(const Words& words);
};

std::span<const Act> file_acts();
std::span<const Act> mount_acts();
std::span<const Act> namespace_acts();
std::span<const Act> process_acts();
std::span<const Act> socket_acts();
std::span<const Act> kernel_acts();
std::span<const Act> privilege_acts();
std::span<const Act> view_acts();

/// The whole of a small file; errno is set and the result empty where it cannot be read.
std::string text_of(const std::string& path);
/// Runs `attempt` in a child process: 0 where it answered true, else the errno it left; -1: a signal ended
/// it.
int in_child(bool (*attempt)(const Words&), const Words& words);

}  // namespace acts
