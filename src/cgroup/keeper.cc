#include "cgroup/keeper.h"

#include <dirent.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>

#include "base/file.h"
#include "base/text.h"

namespace cloche::keeper {
namespace {

constexpr const char* kLeaf = "keeper";
constexpr unsigned kPeriod = 1;     // s between looks
constexpr unsigned kPatience = 10;  // looks without a run before it ends

/// The part of a cgroup's path up to the user's manager: "…/user@1000.service"; empty outside of one.
std::string manager_of(const std::string& cgroup) {
  const std::string manager = "/user@" + std::to_string(::getuid()) + ".service";
  const std::size_t at = cgroup.find(manager + "/");
  return at == std::string::npos ? "" : cgroup.substr(0, at + manager.size());
}

std::vector<std::string> children(const std::string& path) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), ::closedir);
  while (const dirent* entry = folder ? ::readdir(folder.get()) : nullptr)
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  return names;
}

/// The process whose number ends a run's name, "cloche-NAME-NUMBER": the run's supervisor.
bool has_supervisor(const std::string& name) {
  const auto pid = whole_number(std::string_view(name).substr(name.rfind('-') + 1));
  return pid && *pid > 0 && (::kill(static_cast<pid_t>(*pid), 0) == 0 || errno == EPERM);
}

class Keeper {
 public:
  explicit Keeper(CgroupDirectory place) : place_(std::move(place)) {
    const CgroupDirectory leaf = place_.make_child(kLeaf);
    if (const int error = leaf.adopt(::getpid()))
      throw_errno(error, "cannot move into the cgroup", leaf.path());
  }

  void keep() {
    for (unsigned unused = 0; unused < kPatience || !close(); unused = look() ? 0 : unused + 1)
      ::sleep(kPeriod);
  }

 private:
  /// Removes what nobody watches over any more; whether a run is left.
  bool look() const {
    bool used = false;
    for (const std::string& name : children(place_.path())) {
      if (name == kLeaf) continue;
      if (has_supervisor(name)) {
        used = true;
        continue;
      }
      try {
        remove_run_cgroups(CgroupDirectory(place_.path() + "/" + name));
      } catch (const Error&) {  // it has gone by itself
      }
      place_.remove_child(name);
    }
    return used;
  }

  /// No run can begin here from now on, unless one just has: then everything stays as it was.
  bool close() const {
    if (place_.write("cgroup.max.descendants", "1") != 0) return true;  // the cgroup is going away already
    if (children(place_.path()).size() <= 1) return true;
    static_cast<void>(place_.write("cgroup.max.descendants", "max"));
    return false;
  }

  CgroupDirectory place_;
};

}  // namespace

bool is_of_use(const PlaceFacts& facts) {
  return !manager_of(facts.own_cgroup).empty();
}

std::optional<CgroupDirectory> place(const PlaceFacts& facts) {
  if (!is_of_use(facts)) return std::nullopt;
  const std::string path = cgroup_mount() + manager_of(facts.own_cgroup) + "/cloche.slice/" + kUnit;
  // Before the keeper has moved to its leaf, controllers cannot be switched on.
  if (::access((path + "/" + kLeaf).c_str(), F_OK) != 0 || !is_writable(path)) return std::nullopt;
  return CgroupDirectory(path);
}

void ask(sd_bus* bus) {
  const std::string program = own_program();
  if (::access(program.c_str(), X_OK) != 0) return;  // replaced or removed since it was started
  const Libsystemd& sd = libsystemd();
  sd_bus_message* message = nullptr;
  if (sd.bus_message_new_method_call(bus, &message, manager::kService, manager::kPath, manager::kInterface,
                                     "StartTransientUnit") < 0)
    return;
  const std::uint64_t unlimited = ~std::uint64_t{0};
  int result = sd.bus_message_append(message, "ss", kUnit, "fail");
  if (result >= 0) result = sd.bus_message_open_container(message, 'a', "(sv)");
  const auto text = [&](const char* property, const char* value) {
    if (result >= 0) result = sd.bus_message_append(message, "(sv)", property, "s", value);
  };
  text("Description", "cloche: keeps a delegated cgroup for the next run");
  text("Slice", "cloche.slice");
  text("Type", "exec");
  text("StandardOutput", "null");
  text("StandardError", "null");
  text("CollectMode", "inactive-or-failed");
  // One run's end must not be the others': neither when the service is killed nor when a run is out of
  // memory.
  text("ExitType", "cgroup");
  text("OOMPolicy", "continue");
  if (result >= 0) result = sd.bus_message_append(message, "(sv)", "Delegate", "b", 1);
  if (result >= 0) result = sd.bus_message_append(message, "(sv)", "TasksMax", "t", unlimited);
  if (result >= 0)
    result =
        sd.bus_message_append(message, "(sv)", "ExecStart", "a(sasb)", 1, program.c_str(), 1, kProgram, 0);
  if (result >= 0) result = sd.bus_message_close_container(message);
  if (result >= 0) result = sd.bus_message_append(message, "a(sa(sv))", 0);
  // Without somebody to hear the answer: it may be that another run has just asked for the same.
  if (result >= 0) sd.bus_call_async(bus, nullptr, message, nullptr, nullptr, 0);
  sd.bus_message_unref(message);
}

int main() {
  ::signal(SIGHUP, SIG_IGN);
  try {
    for (const std::string& line : split(read_file("/proc/self/cgroup"), '\n')) {
      if (!line.starts_with("0::") || !line.ends_with(std::string("/") + kUnit)) continue;
      Keeper(CgroupDirectory(cgroup_mount() + line.substr(3))).keep();
      return 0;
    }
  } catch (const Error&) {  // there is nobody to tell: the next run asks systemd for a scope
  }
  return 1;
}

}  // namespace cloche::keeper
