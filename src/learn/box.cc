#include "learn/box.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>
#include <memory>

#include "learn/secrets.h"
#include "plan/parts.h"
#include "plan/resolve.h"
#include "trace/shown.h"

namespace cloche {
namespace {

// Folders of a home whose own names are shown one by one, so that new ones can be made beside them.
constexpr std::array kOpenFolders = {"", "/.config", "/.cache", "/.local", "/.local/share", "/.local/state"};
// Of the machine's root: the system is shown anyway, and these are the kernel's, private, or other people's.
constexpr std::array kNotShown = {"/proc", "/sys",  "/dev",  "/run", "/tmp",
                                  "/home", "/root", "/boot", "/var", "/lost+found"};
constexpr std::array kNeverThroughLinks = {"/proc", "/sys", "/dev", "/run"};

bool is_system(const HostFacts& facts, const std::string& path) {
  return std::any_of(facts.system.begin(), facts.system.end(),
                     [&](const auto& entry) { return entry.path == path; });
}

ViewChange read_only(const std::string& path) {
  ViewChange change;
  change.kind = ViewChange::Kind::ro;
  change.source = path;
  change.optional = true;  // it may go between the look and the run
  return change;
}

/// Links followed; empty where it leads nowhere.
std::string real_path(const std::string& path) {
  char real[PATH_MAX];
  return ::realpath(path.c_str(), real) ? real : "";
}

/// Only files and folders: a socket shown is a way out.
bool may_be_shown(const std::string& path) {
  struct stat there {};
  if (::stat(path.c_str(), &there) != 0 || ::access(path.c_str(), R_OK) != 0) return false;
  return S_ISREG(there.st_mode) || (S_ISDIR(there.st_mode) && ::access(path.c_str(), X_OK) == 0);
}

/// What a link points to is shown in its place, and must not be what would not be shown by its own name.
bool leads_to_nothing_private(const std::string& real, const std::string& real_home) {
  const auto is_below = [&](const char* place) { return is_within(real, place); };
  return std::none_of(kNeverThroughLinks.begin(), kNeverThroughLinks.end(), is_below) &&
         !is_within(real_home, real) && !is_secret(real, real_home) && !holds_secrets(real, real_home);
}

}  // namespace

Spec learning_spec(const Spec& asked, const HostFacts& facts, const ListFolder& list) {
  Spec spec = asked;
  std::vector<ViewChange> view, hidden;
  const std::string& here = facts.working_directory;
  if (!asked.rootfs) {
    for (const std::string& name : list("/")) {
      const std::string path = "/" + name;
      const bool kept = std::find(kNotShown.begin(), kNotShown.end(), path) != kNotShown.end();
      if (!kept && !is_system(facts, path) && !is_within(facts.home, path)) view.push_back(read_only(path));
    }
    view.push_back(read_only("/var/lib"));
  }
  if (facts.home.size() > 1) {
    for (const char* open : kOpenFolders) {
      const std::string folder = facts.home + open;
      for (const std::string& name : list(folder)) {
        const std::string path = folder + "/" + name;
        const bool opened = std::find(kOpenFolders.begin(), kOpenFolders.end(),
                                      path.substr(facts.home.size())) != kOpenFolders.end();
        if (!opened && !is_secret(path, facts.home)) view.push_back(read_only(path));
      }
    }
    // Secrets deeper than the folders that were listed.
    for (const char* place : secret_places()) {
      const std::string path = facts.home + "/" + place;
      const auto covers = [&](const ViewChange& change) { return is_within(path, change.source); };
      if (std::none_of(view.begin(), view.end(), covers)) continue;
      for (const std::string& name : list(folder_of(path)))
        if (const std::string found = folder_of(path) + "/" + name; is_secret(found, facts.home))
          hidden.push_back({ViewChange::Kind::hide, "", found, {}});
    }
    view.insert(view.end(), hidden.begin(), hidden.end());
  }
  // The current folder lies over what was laid over it, as a profile may have it.
  const auto covers_here = [&](const ViewChange& change) { return is_within(here, change.source); };
  const HereMode mode = asked.here.value_or(HereMode::writable);
  if (mode != HereMode::none && !here.empty() && here != facts.home &&
      std::any_of(view.begin(), view.end(), covers_here)) {
    ViewChange own = read_only(here);
    if (mode == HereMode::writable) own.kind = ViewChange::Kind::rw;
    view.push_back(own);
  }
  spec.view.insert(spec.view.begin(), view.begin(), view.end());
  return spec;
}

ListFolder names_to_show(const std::string& home) {
  return [home, real_home = real_path(home)](const std::string& folder) {
    std::vector<std::string> names;
    const std::string real_folder = real_path(folder);
    const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
    while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr) {
      const std::string name = entry->d_name;
      if (name == "." || name == ".." || !may_be_shown(folder + "/" + name)) continue;
      const std::string real = real_path(folder + "/" + name);
      const bool is_link = real != clean_path(name, real_folder);
      if (!is_link || leads_to_nothing_private(real, real_home)) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
  };
}

}  // namespace cloche
