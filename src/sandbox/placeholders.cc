#include "sandbox/placeholders.h"

#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "sandbox/registry.h"

namespace cloche {
namespace {

/// The folder that holds what is called `name` below the shared one. No link leads there.
Fd folder_of(const std::string& shared, const std::string& name) {
  Fd folder(::open(shared.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const std::size_t slash = name.rfind('/');
  if (!folder || slash == std::string::npos) return folder;
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  const std::string parent = name.substr(0, slash);
  return Fd(static_cast<int>(::syscall(SYS_openat2, folder.get(), parent.c_str(), &how, sizeof how)));
}

bool is_beside(const PlaceholderStep& one, const PlaceholderStep& other) {
  const auto parent = [](const std::string& name) {
    return std::string_view(name).substr(0, name.rfind('/') + 1);
  };
  return one.folder == other.folder && parent(one.name) == parent(other.name);
}

std::string leaf_of(const std::string& name) {
  return name.substr(name.rfind('/') + 1);
}

/// What depends on the folder's time, such as a build, is not to see that something came and went.
void set_modified(const Fd& folder, const timespec& time) {
  const timespec times[] = {{0, UTIME_OMIT}, time};
  ::utimensat(folder.get(), "", times, AT_EMPTY_PATH);  // refused where it is another's folder
}

/// Where the caller may make nothing, the command, if it is the same user, may not either.
bool matters(int error, bool same_user) {
  return error != EROFS && !(same_user && (error == EACCES || error == EPERM));
}

/// The first few of them: who wants all has the plan.
std::string told(std::vector<std::string> paths) {
  constexpr std::size_t kFew = 4;
  const std::size_t all = paths.size();
  for (std::string& path : paths) path = in_quotes(path);
  if (all <= kFew) return join(paths, ", ");
  paths.resize(kFew - 1);
  return fmt::format("{} and {} more", join(paths, ", "), all - paths.size());
}

Degradation lost(const std::string& reason, const std::string& remedy) {
  return {"protected-paths", "what runs code outside later stays as it was", reason, remedy};
}

}  // namespace

Placeholders::Placeholders(const ViewPlan& view, const std::string& registry)
    : view_(view), registry_(registry) {}

Placeholders::Place* Placeholders::place_of(const PlaceholderStep& step, int& error) {
  // The shared folder by the name that the view binds, which a rename of its parents does not change.
  Place place;
  place.folder = folder_of(step.folder == view_.shared ? "." : step.folder, step.name);
  if (!place.folder || ::fstat(place.folder.get(), &place.before) != 0) return error = errno, nullptr;
  const auto same = [&](const Place& other) {
    return other.before.st_ino == place.before.st_ino && other.before.st_dev == place.before.st_dev;
  };
  if (const auto known = std::find_if(places_.begin(), places_.end(), same); known != places_.end())
    return &*known;
  place.lock_path = fmt::format("{}/{}-{}.placeholders", registry_, place.before.st_dev, place.before.st_ino);
  LockedFile lock = lock_file(registry_, place.lock_path, LOCK_SH);
  if (!lock.file) return error = lock.busy ? EBUSY : ENOLCK, nullptr;
  place.lock = std::move(lock.file);
  return &places_.emplace_back(std::move(place));
}

std::vector<int> Placeholders::lay() {
  std::vector<int> errors;
  const PlaceholderStep* before = nullptr;
  Place* place = nullptr;
  int lacking = 0;
  for (const PlaceholderStep& step : view_.placeholders) {
    if (!before || !is_beside(*before, step)) place = place_of(step, lacking);
    before = &step;
    int& error = errors.emplace_back(lacking);
    if (!place) continue;
    const std::string name = leaf_of(step.name);
    const bool is_link = step.kind == PlaceholderKind::link;
    error = is_link && !place->link.empty()
                ? lay_another_link(place->folder.get(), place->link.c_str(), name.c_str())
                : lay_placeholder(place->folder.get(), name.c_str(), step.kind);
    if (!error && is_link) place->link = name;
    if (!error) place->names.push_back(name);
    if (error == EEXIST) error = 0;  // somebody has just made the real one, which the mount keeps as it is
  }
  for (const Place& one : places_) set_modified(one.folder, one.before.st_mtim);
  return errors;
}

void Placeholders::take() {
  for (auto place = places_.rbegin(); place != places_.rend(); ++place) {
    // Of two that end at once the second has it: the first lets its share go to ask.
    if (::flock(place->lock.get(), LOCK_EX | LOCK_NB) != 0) continue;
    struct stat now {};
    const bool timed = ::fstat(place->folder.get(), &now) == 0;
    for (const std::string& name : place->names) take_placeholder(place->folder.get(), name.c_str());
    if (timed) set_modified(place->folder, now.st_mtim);
    ::unlink(place->lock_path.c_str());
  }
  places_.clear();
  leave_registry(registry_);
}

std::optional<Degradation> not_laid(const Plan& plan, const std::vector<int>& errors) {
  std::vector<std::string> paths;
  int first = 0;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    if (!errors[i] || !matters(errors[i], plan.identity.uid == ::geteuid())) continue;
    if (paths.empty()) first = errors[i];
    paths.push_back(plan.view.placeholders[i].path());
  }
  if (paths.empty()) return std::nullopt;
  const std::string reason =
      fmt::format("nothing keeps the command from making {}: {}", told(paths), errno_words(first));
  const char* remedy = "look for them when it is over, or give the command a copy of the folder";
  if (plan.view.must_keep) throw Error("--require protected-paths: " + reason, remedy, first);
  return lost(reason, remedy);
}

std::optional<Degradation> planted(const ViewPlan& view) {
  std::vector<std::string> made;
  struct stat there {};
  const auto look = [&](const std::string& path) {
    if (::lstat(path.c_str(), &there) == 0 && !is_placeholder(AT_FDCWD, path.c_str())) made.push_back(path);
  };
  for (const PlaceholderStep& step : view.placeholders) look(step.path());
  for (const std::string& path : view.absent) look(path);
  if (made.empty()) return std::nullopt;
  return lost("made while the command ran: " + told(made),
              "look at it before a shell, Git or an editor outside reads it");
}

}  // namespace cloche
