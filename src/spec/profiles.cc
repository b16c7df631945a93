#include "spec/profiles.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"
#include "spec/shipped.h"
#include "spec/values.h"

namespace cloche {
namespace {

using From = ProfileSource::From;
constexpr std::size_t kLargest = 256u << 10;  // bytes
constexpr std::size_t kLongestChain = 16;
constexpr std::string_view kShippedMark = "shipped:";

/// Whoever can write a profile decides what its user's commands may do.
void check_owner(const struct stat& there, const std::string& path, uid_t uid) {
  if (there.st_uid != 0 && there.st_uid != uid)
    throw Error(fmt::format("the profile {} belongs to another user (id {})", in_quotes(path), there.st_uid),
                "copy it, read the copy, and use that");
  const bool sticky_folder = S_ISDIR(there.st_mode) && (there.st_mode & S_ISVTX) != 0;
  if ((there.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky_folder)
    throw Error(fmt::format("the profile{} {} can be written by others",
                            S_ISDIR(there.st_mode) ? " folder" : "", in_quotes(path)),
                "read it, then: chmod go-w " + shell_word(path));
}

/// Never waits: a FIFO or a terminal in its place is refused.
std::string read_profile_file(const std::string& path, uid_t uid) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd) throw_errno(errno, "cannot open the profile", path);
  struct stat there {};
  if (::fstat(fd.get(), &there) != 0) throw_errno(errno, "cannot look at", path);
  if (!S_ISREG(there.st_mode))
    throw Error(fmt::format("the profile {} is {}", in_quotes(path),
                            S_ISDIR(there.st_mode) ? "a folder" : "no regular file"),
                "name a file; see cloche-profile(5)");
  check_owner(there, path, uid);
  if (there.st_size > static_cast<off_t>(kLargest))
    throw Error(fmt::format("the profile {} has {} bytes, and {} is the most", in_quotes(path), there.st_size,
                            kLargest),
                "divide it: a profile can begin with others (extends)");
  return read_open_file(fd.get(), path, kLargest);
}

/// The folder's profile of that name; empty where it has none. Its folder has to be nobody else's either.
std::string in_folder(const std::string& folder, const std::string& name, uid_t uid) {
  if (folder.empty()) return {};
  std::string path = folder + "/" + name + ".toml";
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0) return {};
  if (::stat(folder.c_str(), &there) == 0) check_owner(there, folder, uid);
  return path;
}

std::vector<std::string> shipped_names() {
  std::vector<std::string> names;
  for (const ShippedProfile& profile : shipped_profiles()) names.emplace_back(profile.name);
  return names;
}

const ShippedProfile* find_shipped(std::string_view name) {
  for (const ShippedProfile& profile : shipped_profiles())
    if (name == profile.name) return &profile;
  return nullptr;
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    if (entry->path().extension() == ".toml") {
      try {
        names.push_back(parse_name(entry->path().stem()));
      } catch (const UsageError&) {  // nobody can ask for it by that name
      }
    }
  return names;
}

ProfileSource shipped_source(const std::string& wanted, const std::string& name) {
  return {From::shipped, wanted, std::string(kShippedMark) + name};
}

ProfileSource find(const std::string& wanted, const ProfileContext& context) {
  if (is_file_name(wanted)) return {From::file, wanted, wanted};
  if (wanted.starts_with(kShippedMark)) {
    const std::string name = wanted.substr(kShippedMark.size());
    if (find_shipped(name)) return shipped_source(wanted, name);
    throw UsageError("no profile " + in_quotes(name) + " is shipped",
                     "there are: " + join(shipped_names(), ", "));
  }
  const std::string name = parse_name(wanted);
  for (const auto& [from, folder] :
       {std::pair{From::user, context.user_folder}, std::pair{From::system, context.system_folder}})
    if (const std::string path = in_folder(folder, name, context.uid); !path.empty())
      return {from, wanted, path};
  if (find_shipped(name)) return shipped_source(wanted, name);
  std::vector<std::string> names = shipped_names();
  for (const std::string& folder : {context.user_folder, context.system_folder})
    for (std::string& known : names_in(folder)) names.push_back(std::move(known));
  const auto meant = nearest(name, names);
  throw UsageError("there is no profile " + in_quotes(name),
                   meant ? "did you mean " + *meant + "?"
                         : "see cloche profile list; a file is named with a slash, such as ./" + name);
}

ProfileText read_source(const ProfileSource& source, const ProfileContext& context) {
  if (source.from == From::shipped)
    return read_profile(find_shipped(source.file.substr(kShippedMark.size()))->text, source.file,
                        context.variables, context.check);
  return read_profile(read_profile_file(source.file, context.uid), source.file, context.variables,
                      context.check);
}

class Loader {
 public:
  explicit Loader(const ProfileContext& context) : context_(context) {}

  void load(const ProfileSource& source) {
    const std::string identity = identity_of(source);
    refuse_circle(source, identity);
    if (!done_.insert(identity).second) return;
    ProfileText text = read_source(source, context_);
    if (!text.problems.empty()) {
      const Problem& first = text.problems.front();
      const size_t more = text.problems.size() - 1;
      throw Error(
          problem_words(first) + (more == 0 ? "" : fmt::format(" (and {} more: cloche profile check)", more)),
          first.remedy);
    }
    chain_.emplace_back(source, identity);
    for (const Said& extended : text.extends) load(extended_source(extended));
    chain_.pop_back();
    loaded_.profiles.push_back({source, text.description});
    std::move(text.said.begin(), text.said.end(), std::back_inserter(loaded_.said));
  }

  LoadedProfiles take() { return std::move(loaded_); }

 private:
  static std::string identity_of(const ProfileSource& source) {
    char real[PATH_MAX];
    return source.from != From::shipped && ::realpath(source.file.c_str(), real) ? real : source.file;
  }

  ProfileSource extended_source(const Said& said) const {
    try {
      return find(said.value, context_);
    } catch (const Error& error) {
      throw Error(problem_words({said.file, said.place, std::string("extends: ") + error.what(), {}}),
                  error.remedy());
    }
  }

  void refuse_circle(const ProfileSource& source, const std::string& identity) const {
    const bool circle =
        std::any_of(chain_.begin(), chain_.end(), [&](const auto& link) { return link.second == identity; });
    if (!circle && chain_.size() < kLongestChain) return;
    std::string words;
    for (const auto& [link, unused] : chain_) words += printable(link.file) + " extends ";
    words += printable(source.file);
    if (!circle)
      throw Error(fmt::format("profiles extend each other more than {} deep: {}", kLongestChain, words),
                  "name the profiles side by side: extends takes several");
    throw Error("profiles extend each other in a circle: " + words,
                find_shipped(source.name) ? "the shipped one can be named: shipped:" + source.name
                                          : "take one of the links out");
  }

  const ProfileContext& context_;
  std::vector<std::pair<ProfileSource, std::string>> chain_;
  std::set<std::string> done_;
  LoadedProfiles loaded_;
};

}  // namespace

const char* from_words(From from) {
  switch (from) {
    case From::user:
      return "yours";
    case From::system:
      return "system";
    case From::shipped:
      return "shipped";
    case From::file:
      return "file";
  }
  return "";
}

Spec LoadedProfiles::spec() const {
  Spec spec;
  for (const Said& one : said) apply(spec, one);
  return spec;
}

bool is_file_name(const std::string& wanted) {
  return wanted.find('/') != std::string::npos || wanted.ends_with(".toml");
}

LoadedProfiles load_profiles(const std::vector<std::string>& wanted, const ProfileContext& context) {
  Loader loader(context);
  for (const std::string& one : wanted) loader.load(find(one, context));
  return loader.take();
}

std::vector<Problem> check_profile(const std::string& wanted, const ProfileContext& context) {
  try {
    const ProfileText text = read_source(find(wanted, context), context);
    if (text.problems.empty()) load_profiles({wanted}, context);
    return text.problems;
  } catch (const Error& error) {
    return {{{}, {}, error.what(), error.remedy()}};
  }
}

std::vector<ListedProfile> list_profiles(const ProfileContext& context) {
  std::set<std::string> names;
  for (const std::string& name : shipped_names()) names.insert(name);
  for (const std::string& folder : {context.user_folder, context.system_folder})
    for (std::string& name : names_in(folder)) names.insert(std::move(name));
  std::vector<ListedProfile> listed;
  for (const std::string& name : names) {
    ListedProfile one;
    one.source.name = name;
    try {
      one.source = find(name, context);
      const ProfileText text = read_source(one.source, context);
      one.description = text.description;
      if (!text.problems.empty()) one.wrong = problem_words(text.problems.front());
    } catch (const Error& error) {
      one.wrong = error.what();
    }
    listed.push_back(std::move(one));
  }
  return listed;
}

}  // namespace cloche
