#include "sandbox/registry.h"

#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace cloche {
namespace {

using Json = nlohmann::ordered_json;
constexpr const char* kSuffix = ".json";
constexpr std::string_view kBelowHome = "/.local/state/cloche", kInRuntimeFolder = "/cloche";

/// A folder that nobody else can write in: what stands there is the user's own word.
bool is_own_folder(const std::string& folder) {
  struct stat there {};
  return ::lstat(folder.c_str(), &there) == 0 && S_ISDIR(there.st_mode) && there.st_uid == ::geteuid() &&
         (there.st_mode & 0022) == 0;
}

/// Makes the folder, with parents, for the user alone. False where that is not to be had.
bool make_folder(const std::string& folder) {
  if (is_own_folder(folder)) return true;
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(folder).parent_path(), error);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return false;
  return is_own_folder(folder);
}

/// Takes the lock. Somebody who looks for stale entries holds it for a moment: that is waited for.
bool locked(const Fd& file, int lock) {
  for (int tries = 0; tries < 20; ++tries) {
    if (::flock(file.get(), lock | LOCK_NB) == 0) return true;
    ::usleep(1000);
  }
  return false;
}

/// Whether `file` still is what stands at `path`: its owner may have removed it before we had the lock.
bool stands_at(const Fd& file, const std::string& path) {
  struct stat held {
  }, there{};
  return ::fstat(file.get(), &held) == 0 && ::lstat(path.c_str(), &there) == 0 &&
         held.st_ino == there.st_ino && held.st_dev == there.st_dev;
}

RunningSandbox from_json(const std::string& text) {
  const Json json = Json::parse(text);
  RunningSandbox one;
  one.name = json.at("name");
  one.command = json.at("command").get<std::vector<std::string>>();
  one.supervisor = json.at("supervisor");
  one.init = json.at("init");
  one.init_started = json.at("init_started");
  one.started = json.at("started");
  one.cgroup = json.at("cgroup").is_null() ? "" : json.at("cgroup").get<std::string>();
  one.plan = json.at("plan").dump(2);
  one.entry = json.at("entry").is_null() ? "" : json.at("entry").dump();
  return one;
}

/// The names of the entries, stale ones included.
std::vector<std::string> entries(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == kSuffix) names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

/// Removes the entry if nobody holds it. The lock is taken first, so that no new owner can lose its own.
bool remove_stale(const std::string& path) {
  const Fd file = open_if_there(AT_FDCWD, path, O_RDWR | O_NOFOLLOW);
  if (!file || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return false;
  if (stands_at(file, path)) ::unlink(path.c_str());
  return true;
}

}  // namespace

std::string registry_folder(const std::string& runtime_directory, const std::string& home) {
  std::string folder = runtime_directory.empty() ? home : runtime_directory;
  return folder += runtime_directory.empty() ? kBelowHome : kInRuntimeFolder;
}

void leave_registry(const std::string& folder) {
  if (!folder.ends_with(kBelowHome)) ::rmdir(folder.c_str());  // stays where others run
}

LockedFile lock_file(const std::string& folder, const std::string& path, int lock) {
  // Each round another run of the same name has just ended, or taken the empty folder away.
  for (int round = 0; round < 100; ++round) {
    if (!make_folder(folder)) return {};
    Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file && errno == ENOENT) continue;
    if (!file) return {};
    if (!locked(file, lock)) return {.file = {}, .busy = true};
    if (stands_at(file, path)) return {std::move(file)};
  }
  return {};
}

Registration::Registration(std::string folder, const std::string& name)
    : folder_(std::move(folder)), path_(folder_ + "/" + name + kSuffix) {
  LockedFile entry = lock_file(folder_, path_, LOCK_EX);
  if (entry.busy)
    throw Error("a sandbox named " + in_quotes(name) + " is running already",
                "choose another --name, or end it: cloche kill " + name);
  if (entry.file && ::ftruncate(entry.file.get(), 0) != 0) throw_errno(errno, "cannot write", path_);
  file_ = std::move(entry.file);
}

Registration::~Registration() {
  if (!file_) return;
  ::unlink(path_.c_str());
  leave_registry(folder_);
}

void Registration::record(const RunningSandbox& sandbox) {
  if (!file_) return;
  const Json json = {{"version", 1},
                     {"name", sandbox.name},
                     {"command", sandbox.command},
                     {"supervisor", sandbox.supervisor},
                     {"init", sandbox.init},
                     {"init_started", sandbox.init_started},
                     {"started", sandbox.started},
                     {"cgroup", sandbox.cgroup.empty() ? Json(nullptr) : Json(sandbox.cgroup)}};
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.pop_back();  // the plan is JSON already
  text +=
      ",\"plan\":" + sandbox.plan + ",\"entry\":" + (sandbox.entry.empty() ? "null" : sandbox.entry) + "}";
  if (::pwrite(file_.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    throw_errno(errno, "cannot write", path_);
}

std::vector<RunningSandbox> running_sandboxes(const std::string& folder) {
  std::vector<RunningSandbox> running;
  if (!is_own_folder(folder)) return running;
  for (const std::string& name : entries(folder)) {
    std::string path = folder;
    path.append("/").append(name).append(kSuffix);
    if (remove_stale(path)) continue;
    const auto text = read_if_there(path);
    if (!text || text->empty()) continue;  // it is about to start, or has just ended
    try {
      running.push_back(from_json(*text));
    } catch (const nlohmann::json::exception&) {
      continue;  // half written: the next look finds it whole
    }
  }
  return running;
}

RunningSandbox running_sandbox(const std::string& folder, const std::string& name) {
  std::vector<std::string> names;
  for (RunningSandbox& one : running_sandboxes(folder)) {
    if (one.name == name) return std::move(one);
    names.push_back(one.name);
  }
  throw Error("no sandbox named " + in_quotes(name) + " is running",
              names.empty() ? "none is; start one with cloche run --name " + shell_word(name)
                            : "there are: " + join(names, ", "));
}

std::uint64_t start_time(pid_t pid) {
  const std::string text = read_if_there("/proc/" + std::to_string(pid) + "/stat").value_or("");
  // After "PID (name) ", where the name may hold anything, the start time is the twentieth field.
  const std::size_t end = text.rfind(") ");
  if (end == std::string::npos) return 0;
  const auto fields = split(std::string_view(text).substr(end + 2), ' ');
  return fields.size() > 19 ? whole_number(fields[19]).value_or(0) : 0;
}

Process held_init(const RunningSandbox& sandbox) {
  Process init = {sandbox.init, pidfd_of(sandbox.init)};
  if (!init.pidfd || start_time(sandbox.init) != sandbox.init_started)
    throw Error("the sandbox " + in_quotes(sandbox.name) + " has just ended");
  return init;
}

bool is_running(const Process& process) {
  pollfd ended = {process.pidfd.get(), POLLIN, 0};
  return ::poll(&ended, 1, 0) == 0;
}

}  // namespace cloche
