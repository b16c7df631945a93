#include "doctor/controllers.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cgroup/place.h"
#include "host/attempt.h"

namespace cloche::doctor {
namespace {

struct Controller {
  const char* name;
  const char* file;     ///< a limit of it
  const char* value;    ///< one that can be set anywhere
  const char* options;  ///< of cloche run
};
constexpr Controller kControllers[] = {
    {"cpu", "cpu.max", "50000 100000", "--cpus, --cpu-weight"},
    {"memory", "memory.max", "1073741824", "--memory, --swap"},
    {"pids", "pids.max", "100", "--tasks, and the default of 4096 tasks"},
    {"io", "io.weight", "default 50", "--io-weight, --io-max"},
    {"cpuset", "cpuset.cpus", "0", "--cpuset"},
};

struct Control {
  const char* key;
  const char* what;
  const char* needs;  ///< the controller without which there is no such file
  const char* state;
  const char* means;
  const char* remedy;
};
constexpr Control kControls[] = {
    {"clone", "clone into cgroup", "", "a process started in it",
     "cloche run cannot start a command in its cgroup", "use Linux 5.7 or newer"},
    {"kill", "cgroup.kill", "", "a process killed", "what runs is killed one by one",
     "use Linux 5.14 or newer"},
    {"freeze", "cgroup.freeze", "", "frozen, and thawed", "cloche pause is an error",
     "use Linux 5.2 or newer"},
    {"peak", "memory.peak", "memory", "read", "a report has no peak of memory", "use Linux 5.19 or newer"},
    {"pressure", "pressure files", "", "read", "a report has no pressure",
     "boot a kernel that has CONFIG_PSI with psi=1"},
};

std::string words(int error) {
  return error ? errno_words(error) : "ok";
}

/// Switches the controller on for the children of `place` and sets a limit of it in one of them.
std::string try_controller(const CgroupDirectory& place, const Controller& controller) {
  if (const int error = place.enable(controller.name)) return words(error);
  const std::string name = std::string("with-") + controller.name;
  const CgroupDirectory child = place.make_child(name);
  std::string answer = "ok";
  // io.weight is there only with a scheduler that has weights; io.max is always.
  if (std::string_view(controller.name) == "io") {
    if (child.read("io.stat").empty() && ::faccessat(child.fd(), "io.max", W_OK, 0) != 0)
      answer = words(errno);
  } else if (const int error = child.write(controller.file, controller.value)) {
    answer = words(error);
  } else if (child.read(controller.file) != controller.value) {
    answer = fmt::format("{} holds {} after {} was written", controller.file,
                         in_quotes(child.read(controller.file)), in_quotes(controller.value));
  }
  place.remove_child(name);
  return answer;
}

bool becomes(const CgroupDirectory& cgroup, const char* key, std::uint64_t value) {
  for (int tries = 0; tries < 200; ++tries) {
    if (cgroup.number("cgroup.events", key).value_or(2) == value) return true;
    ::usleep(5000);
  }
  return false;
}

void try_controls(const CgroupDirectory& cgroup, Tried& tried) {
  pid_t child = -1;
  try {
    child = clone_with(0, nullptr, cgroup.fd());
    if (child == 0) {
      ::pause();
      ::_exit(0);
    }
    tried["clone"] = "ok";
  } catch (const Error& error) {
    tried["clone"] = error.what();
    child = ::fork();
    if (child == 0) {
      ::pause();
      ::_exit(0);
    }
    static_cast<void>(cgroup.adopt(child));
  }
  if (const int error = cgroup.write("cgroup.freeze", "1"))
    tried["freeze"] = words(error);
  else if (!becomes(cgroup, "frozen", 1))
    tried["freeze"] = "written, and nothing froze within a second";
  else
    tried["freeze"] = words(cgroup.write("cgroup.freeze", "0"));
  if (const int error = cgroup.write("cgroup.kill", "1")) {
    tried["kill"] = words(error);
    ::kill(child, SIGKILL);
  } else {
    tried["kill"] = "ok";
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  tried["peak"] = cgroup.number("memory.peak") ? "ok" : words(ENOENT);
  tried["pressure"] = cgroup.read("cpu.pressure").empty() ? words(ENOENT) : "ok";
}

}  // namespace

std::string try_in(const CgroupDirectory& place) {
  const CgroupDirectory leaf = place.make_child(kLeaf);
  if (const int error = leaf.adopt(::getpid()))
    throw_errno(error, "cannot move into the cgroup", leaf.path());
  Tried tried;
  for (const Controller& controller : kControllers)
    tried[controller.name] = try_controller(place, controller);
  const CgroupDirectory cgroup = place.make_child("controls");
  try_controls(cgroup, tried);
  for (int tries = 0; tries < 200 && place.remove_child("controls") == EBUSY; ++tries) ::usleep(1000);
  std::string lines;
  for (const auto& [key, answer] : tried) lines += fmt::format("{} {}\n", key, answer);
  return lines;
}

Tried tried_from(const std::string& lines) {
  Tried tried;
  for (const std::string& line : split(lines, '\n'))
    if (const size_t space = line.find(' '); space != std::string::npos)
      tried[line.substr(0, space)] = line.substr(space + 1);
  return tried;
}

Findings controller_findings(const Tried& tried) {
  Findings all;
  const auto answer_of = [&](const char* key) {
    const auto found = tried.find(key);
    return found == tried.end() ? std::string() : found->second;
  };
  for (const Controller& controller : kControllers) {
    const std::string id = fmt::format("controller-{}", controller.name),
                      what = fmt::format("{} limits", controller.name);
    const std::string answer = answer_of(controller.name);
    if (answer.empty()) {
      all.push_back(not_tried(id, what, "a cgroup of one's own"));
      continue;
    }
    Finding finding{.id = id, .what = what, .state = "set, and read back"};
    if (answer != "ok") {
      const bool v1 = cannot_be_delegated(controller.name);
      obstruct(finding, Finding::Kind::missing, v1 ? "not on cgroup v1" : "not delegated",
               {fmt::format("switching {} on: {}{}", controller.name, answer,
                            v1 ? "" : "; after the remedy, log in anew"),
                v1 ? kUnifiedRemedy : "have an administrator run: " + delegation_command()});
      finding.means = fmt::format("cannot be asked for: {}", controller.options);
    }
    all.push_back(finding);
  }
  for (const Control& control : kControls) {
    const std::string id = std::string("cgroup-") + control.key;
    const std::string answer = answer_of(control.key);
    if (answer.empty() || (*control.needs && answer_of(control.needs) != "ok")) {
      all.push_back(
          not_tried(id, control.what, *control.needs ? "the memory controller" : "a cgroup of one's own"));
      continue;
    }
    Finding finding{.id = id, .what = control.what, .state = control.state};
    if (answer != "ok") {
      obstruct(finding, Finding::Kind::missing, "none", {answer, control.remedy});
      finding.means = control.means;
    }
    all.push_back(finding);
  }
  return all;
}

}  // namespace cloche::doctor
