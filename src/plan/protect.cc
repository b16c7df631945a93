// The steps that keep a shared folder's protected paths (policy/protected.h) as they are. The kernel refuses
// to rename or remove what is a mount point, but not the folder above one: so every folder on the way to a
// protected path is made a mount point too. What does not exist gets a placeholder to mount over.
#include <algorithm>

#include "plan/parts.h"
#include "policy/protected.h"

namespace cloche {
namespace {

using Kind = MountStep::Kind;

std::string parent_of(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string::npos ? "" : name.substr(0, slash);
}

/// A Git directory itself is shared, such as a bare repository or the one that work trees point to.
bool is_git_directory(const std::string& folder) {
  return folder.ends_with(".git");
}

bool is_absent(const PathFact& there) {
  return there.kind == PathFact::Kind::missing && !there.leads_nowhere;
}

class Protector {
 public:
  Protector(const Spec& spec, const HostFacts& facts, std::string source, std::string destination,
            ViewPlan& view)
      : spec_(spec),
        facts_(facts),
        source_(std::move(source)),
        destination_(std::move(destination)),
        view_(view) {
    const std::string& resolved = fact_of(facts_, source_).resolved;
    real_ = resolved.empty() ? source_ : resolved;
  }

  /// Where a link stands for the path, the link is kept and so is what it leads to, if that is shared too.
  void protect(const std::string& name) {
    const PathFact& there = fact_of(facts_, source_ + "/" + name);
    const std::string at = place_of(name);
    if (at.empty()) return;
    pin_folders_of(at);
    add(at, false);
    if (const std::string target = below(there.resolved); !target.empty() && target != at) {
      pin_folders_of(target);
      add(target, false);
    }
  }

  /// Nothing stands there, and nothing can be made there.
  void keep_free(const std::string& name, PlaceholderKind kind) {
    const std::string parent = parent_of(name);
    const bool on_top = parent.empty() || !is_absent(fact_of(facts_, source_ + "/" + parent));
    const std::string at = on_top ? place_of(name) : parent;
    const bool possible = !at.empty() && (on_top || !is_free_below(parent)) && !is_covered(at) &&
                          !(kind == PlaceholderKind::same && is_git_directory(source_));
    if (!possible) return view_.absent.push_back(source_ + "/" + name);
    pin_folders_of(at);
    add(at, false);
    const PlaceholderStep step = {source_, at, on_top ? kind : PlaceholderKind::folder};
    if (std::find(view_.placeholders.begin(), view_.placeholders.end(), step) == view_.placeholders.end())
      view_.placeholders.push_back(step);
  }

 private:
  /// Whether a weakening leaves a path below `folder` free, which therefore has to be.
  bool is_free_below(const std::string& folder) const {
    const auto paths = protected_paths();
    return std::any_of(paths.begin(), paths.end(), [&](const ProtectedPath& path) {
      return std::string_view(path.path).starts_with(folder + "/") && is_allowed(spec_, path.token);
    });
  }

  /// Whether something of the person's own is to be shown there.
  bool is_covered(const std::string& name) const {
    return std::any_of(spec_.view.begin(), spec_.view.end(), [&](const ViewChange& change) {
      const bool shows = change.kind == ViewChange::Kind::tmpfs ||
                         (change.kind != ViewChange::Kind::hide &&
                          fact_of(facts_, absolute(change.source, facts_)).kind != PathFact::Kind::missing);
      if (!shows) return false;
      const std::string& to = change.destination.empty() ? change.source : change.destination;
      return is_within(absolute(to, facts_), destination_ + "/" + name);
    });
  }

  /// The name below the folder with its last part in the real folder; empty where that is not shared.
  std::string place_of(const std::string& name) {
    const std::string parent = parent_of(name);
    if (parent.empty()) return name;
    const PathFact& folder = fact_of(facts_, source_ + "/" + parent);
    if (folder.kind != PathFact::Kind::folder) return {};
    if (folder.resolved == real_ + "/" + parent) return name;
    pin_folders_of(name);  // the link
    const std::string target = below(folder.resolved);
    return target.empty() ? "" : target + name.substr(parent.size());
  }

  /// A path of the host as a name below the shared folder; empty where it is none.
  std::string below(const std::string& path) const {
    return path != real_ && is_within(path, real_) ? path.substr(real_.size() + 1) : "";
  }

  void pin_folders_of(const std::string& name) {
    for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1))
      add(name.substr(0, slash), true);
  }

  void add(const std::string& name, bool writable) {
    MountStep step = {Kind::protect, "", destination_ + "/" + name};
    step.writable = writable;
    step.optional = true;
    const auto same = [&](const MountStep& s) {
      return s.kind == Kind::protect && s.destination == step.destination;
    };
    if (std::none_of(view_.steps.begin(), view_.steps.end(), same)) view_.steps.push_back(std::move(step));
  }

  const Spec& spec_;
  const HostFacts& facts_;
  std::string source_, destination_, real_;
  ViewPlan& view_;
};

/// Of Git, which lists what is no folder.
bool is_in_work_tree(const HostFacts& facts, const std::string& source) {
  for (std::string up = source; !up.empty(); up = parent_of(up))
    if (fact_of(facts, up + "/.git").kind != PathFact::Kind::missing) return true;
  return false;
}

/// Cheaper, and to programs it is more like nothing.
PlaceholderKind or_link(PlaceholderKind kind) {
  return kind == PlaceholderKind::folder ? PlaceholderKind::link : kind;
}

/// What the table's path is called below this folder; empty where it does not belong there.
std::string name_in(const std::string& folder, const ProtectedPath& path) {
  constexpr std::string_view git = ".git/";
  std::string name = path.path;
  if (is_git_directory(folder)) return name.starts_with(git) ? name.substr(git.size()) : "";
  return name;
}

}  // namespace

bool protect_folder(const Spec& spec, const HostFacts& facts, const std::string& source,
                    const std::string& destination, ViewPlan& view) {
  if (fact_of(facts, source).kind == PathFact::Kind::file) return false;
  const std::size_t before = view.steps.size();
  Protector protector(spec, facts, source, destination, view);
  const bool home = fact_of(facts, source).resolved == facts.home;
  const bool in_work_tree = is_in_work_tree(facts, source);
  for (const ProtectedPath& path : protected_paths()) {
    const std::string name = name_in(source, path);
    if (name.empty()) continue;
    const PathFact& there = fact_of(facts, source + "/" + name);
    const bool is_git = name == ".git";
    // A repository that is there is written to by every commit: what matters of it has rows of its own. In
    // other work trees and in submodules .git is a file that says where the repository is.
    if (is_git && there.kind == PathFact::Kind::folder) continue;
    const bool left =
        is_git && !there.resolved.empty() ? is_allowed(spec, "git-config") : is_allowed(spec, path.token);
    if (left) continue;
    if (!is_absent(there)) {
      protector.protect(name);
      continue;
    }
    const bool repository_is_missing =
        name.starts_with(".git/") && fact_of(facts, source + "/.git").resolved.empty();
    if (!repository_is_missing && (home || !path.in_home))
      protector.keep_free(name, path.in_home || in_work_tree ? path.placeholder : or_link(path.placeholder));
  }
  return view.steps.size() > before;
}

void protected_paths_of_interest(const std::string& source, std::vector<std::string>& paths) {
  paths.push_back(source);
  for (std::string up = parent_of(source); !up.empty(); up = parent_of(up)) paths.push_back(up + "/.git");
  for (const ProtectedPath& path : protected_paths())
    if (const std::string name = name_in(source, path); !name.empty()) {
      const std::string folder = parent_of(name);
      const std::string parent = folder.empty() ? source : source + "/" + folder;
      if (std::find(paths.begin(), paths.end(), parent) == paths.end()) paths.push_back(parent);
      paths.push_back(source + "/" + name);
    }
}

}  // namespace cloche
