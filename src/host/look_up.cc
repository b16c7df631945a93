#include "host/look_up.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"
#include "host/placeholder.h"

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

/// Nothing is below what is known not to be there.
bool is_below_nothing(const HostFacts& facts, const std::string& path) {
  const auto above = facts.paths.find(path.substr(0, path.rfind('/')));
  return above != facts.paths.end() && above->second.kind == PathFact::Kind::missing;
}

}  // namespace

void look_up(HostFacts& facts, const std::vector<std::string>& paths, const std::string& root_tree) {
  for (const std::string& path : paths) {
    PathFact fact;
    if (is_below_nothing(facts, path)) {
      facts.paths[path] = {};
      continue;
    }
    struct stat there {};
    const bool found = ::lstat(path.c_str(), &there) == 0;
    if (!found || (S_ISLNK(there.st_mode) && ::stat(path.c_str(), &there) != 0)) {
      fact.kind = errno == EACCES ? PathFact::Kind::unreadable : PathFact::Kind::missing;
      fact.leads_nowhere = found && !is_placeholder(AT_FDCWD, path.c_str());
    } else {
      fact.kind = S_ISDIR(there.st_mode)   ? PathFact::Kind::folder
                  : S_ISREG(there.st_mode) ? PathFact::Kind::file
                                           : PathFact::Kind::other;
      char resolved[PATH_MAX];
      if (::realpath(path.c_str(), resolved)) {
        fact.resolved = resolved;
      } else if (errno == ENOENT || errno == ENOTDIR) {
        fact = {};  // it has gone meanwhile
      }
      if ((there.st_mode & S_ISVTX) && is_placeholder(AT_FDCWD, path.c_str())) fact = {};
      if (path == root_tree && fact.kind == PathFact::Kind::folder) fact.entries = entries_of(path);
    }
    facts.paths[path] = std::move(fact);
  }
}

void read_texts(HostFacts& facts, const std::vector<std::string>& paths) {
  constexpr std::size_t kMost = 1u << 20;
  for (const std::string& path : paths) {
    // What the path names is looked at before it is opened: opening a device can act on it.
    const Fd there(::open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat status {};
    if (!there || ::fstat(there.get(), &status) != 0) throw_errno(errno, "cannot read", path);
    if (!S_ISREG(status.st_mode)) throw Error("cannot read " + in_quotes(path) + ": it is no regular file");
    const std::string opened = "/proc/self/fd/" + std::to_string(there.get());
    const auto text = read_if_there(opened, kMost);
    if (!text && ::access(path.c_str(), R_OK) != 0) throw_errno(errno, "cannot read", path);
    if (!text) throw Error("cannot read " + in_quotes(path) + ": it is larger than 1M");
    facts.texts[path] = *text;
  }
}

}  // namespace cloche
