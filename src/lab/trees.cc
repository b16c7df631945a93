#include "lab/trees.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "base/libraries.h"
#include "base/text.h"
#include "lab/bench.h"

namespace cloche::lab {
namespace {

std::string user_name(uid_t uid) {
  const passwd* entry = user_entry(uid);
  return entry ? entry->pw_name : std::to_string(uid);
}

/// Parents before children, and the children of one node together.
struct ByParts {
  bool operator()(const std::string& one, const std::string& other) const {
    return split(one, '/') < split(other, '/');
  }
};

}  // namespace

Tree tree_of(const Situation& s, const std::vector<std::string>& paths) {
  std::set<std::string, ByParts> all = {"/"};
  for (std::string path : paths)
    for (; path.size() > 1; path.resize(path.rfind('/'))) all.insert(path);
  if (!paths.empty() && paths.back().size() > 1) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(s.tree + paths.back(), error))
      if (entry.is_directory(error)) all.insert(paths.back() + "/" + entry.path().filename().string());
  }
  const std::string here = cgroup_of(::getpid());
  Tree tree;
  for (const std::string& path : all) {
    struct stat there {};
    if (::stat((s.tree + path).c_str(), &there) != 0) continue;
    tree.push_back({path, user_name(there.st_uid), there.st_uid == s.uid, path == here});
  }
  return tree;
}

}  // namespace cloche::lab
