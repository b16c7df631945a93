#include "host/look_up.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>

namespace cloche {
namespace {

std::vector<SystemEntry> entries_of(const std::string& folder) {
  std::vector<SystemEntry> entries;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat there {};
    const std::string path = folder + "/" + name;
    if (::lstat(path.c_str(), &there) != 0) continue;
    char target[PATH_MAX];
    if (S_ISLNK(there.st_mode)) {
      const ssize_t length = ::readlink(path.c_str(), target, sizeof target);
      if (length > 0) entries.push_back({"/" + name, std::string(target, static_cast<size_t>(length))});
    } else if (S_ISDIR(there.st_mode)) {
      entries.push_back({"/" + name, {}});
    }
  }
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return entries;
}

}  // namespace

void look_up(HostFacts& facts, const std::vector<std::string>& paths, const std::string& root_tree) {
  for (const std::string& path : paths) {
    PathFact fact;
    struct stat there {};
    if (::stat(path.c_str(), &there) != 0) {
      fact.kind = errno == EACCES ? PathFact::Kind::unreadable : PathFact::Kind::missing;
    } else {
      fact.kind = S_ISDIR(there.st_mode)   ? PathFact::Kind::folder
                  : S_ISREG(there.st_mode) ? PathFact::Kind::file
                                           : PathFact::Kind::other;
      char resolved[PATH_MAX];
      if (::realpath(path.c_str(), resolved)) fact.resolved = resolved;
      if (path == root_tree && fact.kind == PathFact::Kind::folder) fact.entries = entries_of(path);
    }
    facts.paths[path] = std::move(fact);
  }
}

}  // namespace cloche
