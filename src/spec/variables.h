// The variables of a profile: $HOME, $PWD, $USER and the folders of the XDG base directory specification,
// each as $NAME or ${NAME}; $$ is a dollar sign. Nothing else of the environment can be named, so that a
// profile means the same in every shell.
#pragma once

#include <map>
#include <string>

namespace cloche {

/// What each stands for; one that has no value here is empty, and an error where it is used.
using Variables = std::map<std::string, std::string>;

/// The XDG folders are those of the environment where it names absolute ones, else below `home`.
Variables profile_variables(const std::map<std::string, std::string>& environment, const std::string& home,
                            const std::string& user, const std::string& working_directory,
                            const std::string& runtime_directory);

/// `text` with its variables replaced. `in_path`: a colon in a value is written "\:", as paths of the view
/// want it. Throws UsageError for an unknown variable (with the nearest) or a lone dollar sign.
std::string expand(const std::string& text, const Variables& variables, bool in_path = false);

}  // namespace cloche
