// One profile's text: every value that it says with the place where it stands, and everything that is wrong
// with it. Nothing is looked up on disk here, so that it can be tested, and fuzzed, as a function.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/profile_keys.h"
#include "spec/toml.h"
#include "spec/variables.h"

namespace cloche {

struct Problem {
  std::string file;
  TextPlace place;  ///< line 0: the file as a whole
  std::string what;
  std::string remedy;
  bool operator==(const Problem&) const = default;
};
/// "FILE:3:7: what", without the remedy.
std::string problem_words(const Problem& problem);

/// One value as a profile says it: of a list or a table one entry.
struct Said {
  const ProfileKey* key = nullptr;
  std::string value;  ///< variables replaced; of a rule, in words
  std::string file;
  TextPlace place;
  std::optional<SyscallRule> rule;  ///< of syscalls.rules
};
/// Lays what was said over `spec`, whose value it was checked to be.
void apply(Spec& spec, const Said& said);

struct ProfileText {
  std::string description;
  std::vector<Said> extends;
  std::vector<Said> said;  ///< in the order of the file
  std::vector<Problem> problems;
};

/// What a layer above knows of a value: throws UsageError or Error where there is no such system call,
/// weakening, capability. `names` of a rule are asked one by one, with the key of the rules.
using ProfileCheck = std::function<void(const ProfileKey& key, const std::string& value)>;

/// `file` is named in places; a relative file that the profile names is looked for beside it.
ProfileText read_profile(std::string_view text, const std::string& file, const Variables& variables,
                         const ProfileCheck& check = {});

}  // namespace cloche
