#include "support/host.h"

#include <net/if.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "base/text.h"
#include "support/command.h"
#include "support/folder.h"

namespace cloche::testing {
namespace {

struct Seen {
  pid_t parent = 0;
  char state = '?';
  std::string name;
};

/// /proc/PID/stat: "PID (NAME) STATE PPID …", where NAME may hold spaces and parentheses.
std::optional<Seen> seen(const std::string& pid) {
  const std::string text = text_of("/proc/" + pid + "/stat");
  const auto open = text.find('('), close = text.rfind(')');
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  Seen result;
  result.name = text.substr(open + 1, close - open - 1);
  std::istringstream rest(text.substr(close + 1));
  rest >> result.state >> result.parent;
  return result;
}

std::map<pid_t, Seen> all_processes() {
  std::map<pid_t, Seen> result;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    const auto number = whole_number(name);
    if (!number) continue;
    if (auto process = seen(name)) result[static_cast<pid_t>(*number)] = *process;
  }
  return result;
}

std::string network_links() {
  std::vector<std::string> names;
  if (struct if_nameindex* all = ::if_nameindex()) {
    for (auto* one = all; one->if_name != nullptr; ++one) names.emplace_back(one->if_name);
    ::if_freenameindex(all);
  }
  std::sort(names.begin(), names.end());
  return join(names, " ");
}

/// Keys and sizes of the objects; the columns behind them count attachments and times of other people.
std::string own_ipc_objects() {
  std::string result;
  for (const char* kind : {"shm", "sem", "msg"}) {
    std::istringstream lines(text_of(std::string("/proc/sysvipc/") + kind));
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string key, id, mode;
      words >> key >> id >> mode;
      result += std::string(kind) + " " + key + " " + id + " " + mode + "\n";
    }
  }
  return result;
}

const passwd& account() {
  const passwd* entry = ::getpwuid(::getuid());
  if (entry == nullptr) throw std::runtime_error("this user is in no user database");
  return *entry;
}

}  // namespace

HostState host_state() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return {.mounts = text_of("/proc/self/mountinfo"),
          .hostname = name,
          .id_maps = text_of("/proc/self/uid_map") + text_of("/proc/self/gid_map"),
          .links = network_links(),
          .ipc = own_ipc_objects(),
          .limits = text_of("/proc/self/limits")};
}

std::ostream& operator<<(std::ostream& stream, const HostState& state) {
  return stream << "\nmounts:\n"
                << state.mounts << "hostname: " << state.hostname << "\nid maps:\n"
                << state.id_maps << "interfaces: " << state.links << "\nSysV objects:\n"
                << state.ipc << "limits:\n"
                << state.limits;
}

std::string home_folder() {
  return std::filesystem::canonical(account().pw_dir).string();
}
std::string user_name() {
  return account().pw_name;
}

void adopt_orphans() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) throw std::runtime_error("cannot become a subreaper");
}

std::vector<pid_t> descendants(pid_t parent) {
  const auto processes = all_processes();
  std::vector<pid_t> found{parent};
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const auto& [pid, process] : processes) {
      if (process.parent == found[i]) found.push_back(pid);
    }
  }
  found.erase(found.begin());
  return found;
}

std::string left_behind(const std::vector<pid_t>& known) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (;;) {
    std::string findings;
    for (const pid_t pid : descendants(::getpid())) {
      if (std::find(known.begin(), known.end(), pid) != known.end()) continue;
      const auto process = seen(std::to_string(pid));
      if (!process) continue;
      if (process->state == 'Z' && process->parent == ::getpid()) {
        ::waitpid(pid, nullptr, WNOHANG);
        continue;
      }
      findings += std::to_string(pid) + " " + process->name + " " + process->state + "\n";
    }
    if (findings.empty() || std::chrono::steady_clock::now() > deadline) return findings;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace cloche::testing
