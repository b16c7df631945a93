// Profiles by name or file: where they are looked for, what they begin with (`extends`), and all that they
// say in the order in which it holds. Nothing of the current folder is read unless it is named as a file.
//
//   const LoadedProfiles loaded = load_profiles({"build", "./mine.toml"}, context);
//   Spec spec = overlay(loaded.spec(), from_the_command_line);
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "spec/profile_reader.h"

namespace cloche {

struct ProfileContext {
  Variables variables;
  std::string user_folder;    ///< $XDG_CONFIG_HOME/cloche/profiles
  std::string system_folder;  ///< /etc/cloche/profiles
  uid_t uid = 0;              ///< besides root the only one who may own a profile
  ProfileCheck check;
};

struct ProfileSource {
  enum class From { user, system, shipped, file };
  From from = From::file;
  std::string name;  ///< as it was asked for
  std::string file;  ///< its path; "shipped:NAME"
};
const char* from_words(ProfileSource::From from);

struct LoadedProfile {
  ProfileSource source;
  std::string description;
};

struct LoadedProfiles {
  std::vector<LoadedProfile> profiles;  ///< later ones lie over earlier ones
  std::vector<Said> said;               ///< of all of them, in that order

  Spec spec() const;
};

/// What has a slash or ends in .toml; any other is a name.
bool is_file_name(const std::string& wanted);

/// NAME, "shipped:NAME" or FILE. Throws Error with file, line and column.
LoadedProfiles load_profiles(const std::vector<std::string>& wanted, const ProfileContext& context);

/// All that is wrong with a profile; where nothing is, what is wrong with those that it begins with.
std::vector<Problem> check_profile(const std::string& wanted, const ProfileContext& context);

struct ListedProfile {
  ProfileSource source;
  std::string description;
  std::string wrong;  ///< the first thing that is, empty for a good one
};
/// What a name finds, by name.
std::vector<ListedProfile> list_profiles(const ProfileContext& context);

}  // namespace cloche
