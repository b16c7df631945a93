#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "plan/parts.h"

namespace cloche {
namespace {

using Kind = MountStep::Kind;

// Of /var only what programs read to run: package lists, font and format caches.
constexpr std::array kVarFolders = {"/var/lib/dpkg", "/var/lib/texmf", "/var/lib/ghc", "/var/lib/python",
                                    "/var/cache/fontconfig"};
constexpr std::array kDevices = {"null", "zero", "full", "random", "urandom", "tty"};
// The kernel's controls: written by root only, and root of a namespace is not that root, but defence in
// depth is cheap here. The read-only ones are read by programs, the hidden ones tell about the host.
constexpr std::array kProcReadOnly = {"sys", "sysrq-trigger", "irq", "bus", "fs"};
constexpr std::array kProcHidden = {"kcore", "keys", "latency_stats", "timer_list", "sched_debug",
                                    "scsi",  "acpi", "asound",        "interrupts"};

std::string top_of(const std::string& path) {
  return path.substr(0, path.find('/', 1));
}

bool is_system_name(const std::string& top) {
  return top == "/usr" || top == "/bin" || top == "/sbin" || top == "/etc" || top == "/opt" ||
         top == "/var" || top == "/nix" || top == "/gnu" || top.starts_with("/lib");
}

class ViewResolver {
 public:
  ViewResolver(const Spec& spec, const HostFacts& facts, Plan& plan)
      : spec_(spec), facts_(facts), plan_(plan) {}

  void resolve() {
    decide_shared();
    spec_.rootfs ? add_root_tree() : add_system();
    add_private_folders();
    add_devices();
    add_proc();
    if (plan_.cgroup.wanted) step(Kind::folder, "", "/sys/fs/cgroup");
    if (!view().shared.empty()) {
      const bool writable = spec_.here != HereMode::read_only;
      step(Kind::bind, ".", view().shared).writable = writable;
      if (writable) protect(view().shared, view().shared, 0);
    }
    for (std::size_t i = 0; i < spec_.view.size(); ++i) {
      const ViewChange& change = spec_.view[i];
      add_change(change);
      if (change.kind == ViewChange::Kind::rw && !is_left_out(change))
        protect(absolute(change.source, facts_), destination_of(change), i + 1);
    }
    if (plan_.net == NetMode::host) add_name_resolution();
    view().workdir = spec_.workdir            ? absolute(*spec_.workdir, facts_)
                     : !view().shared.empty() ? view().shared
                     : has_home()             ? facts_.home
                                              : "/";
    for (const char* name :
         {"read-only-system", "private-home", "private-tmp", "fresh-proc", "nosuid", "nodev"})
      plan_.enforced.emplace_back(name);
  }

 private:
  ViewPlan& view() { return plan_.view; }

  MountStep& step(Kind kind, std::string source, std::string destination) {
    return view().steps.emplace_back(MountStep{kind, std::move(source), std::move(destination)});
  }

  bool has_home() const { return !facts_.home.empty() && facts_.home != "/" && facts_.home[0] == '/'; }

  const PathFact& fact(const std::string& path) const { return fact_of(facts_, path); }

  /// The current folder is shared, unless that would show the home, what lies above it, or what is not files.
  void decide_shared() {
    if (spec_.here == HereMode::none) return;
    const std::string& here = facts_.working_directory;
    const auto nothing = [&](const std::string& why) {
      plan_.notes.push_back("nothing is shared: " + why +
                            "; name what the command may use with --ro or --rw");
    };
    if (here.empty()) return nothing("the current folder is gone or cannot be read");
    if (is_within(facts_.home, here) && has_home())
      return nothing(here == facts_.home ? "the current folder is your home"
                                         : "your home lies in the current folder");
    if (here == "/") return nothing("the current folder is /");
    for (const char* special : {"/proc", "/sys", "/dev", "/run", "/var/run"})
      if (is_within(here, special) && !is_within(here, "/dev/shm"))
        return nothing(std::string("the current folder is in ") + special);
    for (const char* system : {"/tmp", "/var", "/var/tmp", "/dev/shm", "/home"})
      if (here == system) return nothing(std::string("the current folder is ") + system);
    view().shared = here;
  }

  void add_system() {
    for (const SystemEntry& entry : facts_.system)
      if (entry.target.empty())
        step(Kind::bind, entry.path, entry.path);
      else
        step(Kind::symlink, entry.target, entry.path);
    for (const char* folder : kVarFolders)
      if (fact(folder).kind == PathFact::Kind::folder) step(Kind::bind, folder, folder).optional = true;
  }

  void add_root_tree() {
    const std::string tree = absolute(*spec_.rootfs, facts_);
    const PathFact& there = fact(tree);
    if (there.kind != PathFact::Kind::folder)
      throw Error(fmt::format("--rootfs {}: {}", in_quotes(tree),
                              there.kind == PathFact::Kind::missing ? "there is no such folder"
                                                                    : "it is not a folder that you can read"),
                  "give a folder that holds a root tree, such as debootstrap makes");
    view().rootfs = tree;
    for (const SystemEntry& entry : there.entries) {
      // What must be private here, or hold the home or the shared folder, is made anew instead.
      const bool ours =
          entry.path == "/dev" || entry.path == "/proc" || entry.path == "/sys" || entry.path == "/run" ||
          entry.path == "/tmp" ||
          (!is_system_name(entry.path) && ((has_home() && entry.path == top_of(facts_.home)) ||
                                           (!view().shared.empty() && entry.path == top_of(view().shared))));
      if (ours) continue;
      if (entry.target.empty())
        step(Kind::bind, tree + entry.path, entry.path);
      else
        step(Kind::symlink, entry.target, entry.path);
    }
  }

  /// A private, writable folder; over a folder of the system it takes a file system of its own.
  void add_private(const std::string& path, std::uint32_t mode) {
    const auto covers = [&](const MountStep& s) {
      return s.kind == Kind::bind && is_within(path, s.destination);
    };
    const bool covered = std::any_of(view().steps.begin(), view().steps.end(), covers);
    MountStep& made = step(covered ? Kind::tmpfs : Kind::scratch, "", path);
    made.mode = mode;
    made.optional = covered;
  }

  void add_private_folders() {
    add_private("/tmp", 01777);
    add_private("/var/tmp", 01777);
    add_private("/run", 0755);
    const bool var_is_ours = !spec_.rootfs;
    if (var_is_ours) step(Kind::symlink, "/run", "/var/run");
    if (has_home()) add_private(facts_.home, 0700);
  }

  void add_devices() {
    for (const char* name : kDevices)
      step(Kind::device, fmt::format("/dev/{}", name), fmt::format("/dev/{}", name));
    step(Kind::devpts, "", "/dev/pts");
    add_private("/dev/shm", 01777);
    step(Kind::symlink, "pts/ptmx", "/dev/ptmx");
    step(Kind::symlink, "/proc/self/fd", "/dev/fd");
    step(Kind::symlink, "/proc/self/fd/0", "/dev/stdin");
    step(Kind::symlink, "/proc/self/fd/1", "/dev/stdout");
    step(Kind::symlink, "/proc/self/fd/2", "/dev/stderr");
  }

  void add_proc() {
    step(Kind::proc, "", "/proc").mode = 0555;
    for (const char* name : kProcReadOnly) step(Kind::seal, "", fmt::format("/proc/{}", name));
    for (const char* name : kProcHidden) step(Kind::hide, "", fmt::format("/proc/{}", name));
  }

  /// With the host's network its name servers are wanted, which /etc/resolv.conf may keep in /run.
  void add_name_resolution() {
    const std::string& real = fact("/etc/resolv.conf").resolved;
    if (is_within(real, "/run")) step(Kind::bind, real, real).optional = true;
  }

  void add_change(const ViewChange& change) {
    const std::string destination = destination_of(change);
    switch (change.kind) {
      case ViewChange::Kind::hide:
        step(Kind::hide, "", destination);
        return;
      case ViewChange::Kind::tmpfs: {
        refuse_kernel_place("--tmpfs", destination);
        MountStep& made = step(Kind::tmpfs, "", destination);
        made.size = change.size.value_or(0);
        made.mode = 0755;
        return;
      }
      case ViewChange::Kind::ro:
      case ViewChange::Kind::rw: {
        const bool writable = change.kind == ViewChange::Kind::rw;
        const char* option = writable ? "--rw" : "--ro";
        const std::string source = absolute(change.source, facts_);
        if (is_left_out(change)) return;
        check_source(option, source, writable);
        refuse_kernel_place(option, destination);
        MountStep& made = step(Kind::bind, source, destination);
        made.writable = writable;
        made.may_be_gone = change.optional;  // between this look and the mount
        return;
      }
    }
  }

  /// Of rw-if-present and ro-if-present: nothing is there.
  bool is_left_out(const ViewChange& change) const {
    return change.optional && fact(absolute(change.source, facts_)).kind == PathFact::Kind::missing;
  }

  /// Unless a change from number `next` on lies over it anyway.
  void protect(const std::string& source, const std::string& destination, std::size_t next) {
    for (; next < spec_.view.size(); ++next)
      if (is_within(destination, destination_of(spec_.view[next]))) return;
    if (!protect_folder(spec_, facts_, source, destination, view())) return;
    auto& enforced = plan_.enforced;
    if (std::find(enforced.begin(), enforced.end(), "protected-paths") == enforced.end())
      enforced.emplace_back("protected-paths");
  }

  std::string destination_of(const ViewChange& change) const {
    return absolute(change.destination.empty() ? change.source : change.destination, facts_);
  }

  void refuse_kernel_place(const char* option, const std::string& destination) const {
    for (const char* place : {"/proc", "/dev/pts"})
      if (is_within(destination, place) || destination == "/")
        throw Error(fmt::format("{} cannot lay anything over {}", option, in_quotes(destination)),
                    "the sandbox's own kernel files stand there: choose another place");
  }

  void check_source(const char* option, const std::string& source, bool writable) const {
    const PathFact& there = fact(source);
    if (there.kind == PathFact::Kind::missing)
      throw Error(fmt::format("{} {}: there is no such file or folder", option, in_quotes(source)),
                  "check the path; nothing is made on the host by cloche");
    if (there.kind == PathFact::Kind::unreadable)
      throw Error(fmt::format("{} {}: you have no permission to reach it", option, in_quotes(source)));
    const std::string& real = there.resolved;
    for (const char* kernel : {"/proc", "/sys"})
      if ((is_within(real, kernel) && (writable || real[1] == 'p')) || (real == "/" && writable))
        throw Error(
            fmt::format("{} {}: the host's {} would let the command out", option, in_quotes(source), kernel),
            "name only what the command needs");
    // A socket can be talked to through a read-only mount: the user's bus, docker's and others lie in /run.
    const bool shows_run = is_within(real, "/run") || is_within("/run", real);
    if (shows_run && there.kind != PathFact::Kind::file && !is_allowed(spec_, "host-sockets"))
      throw Error(
          fmt::format("{} {}: that shows the host's sockets in /run, and whoever can talk to one of them "
                      "can act outside the sandbox",
                      option, in_quotes(source)),
          "name only the folder that is needed, or say --allow host-sockets");
  }

  const Spec& spec_;
  const HostFacts& facts_;
  Plan& plan_;
};

}  // namespace

void resolve_view(const Spec& spec, const HostFacts& facts, Plan& plan) {
  ViewResolver(spec, facts, plan).resolve();
}

std::vector<std::string> paths_of_interest(const Spec& spec, const HostFacts& facts) {
  std::vector<std::string> paths(kVarFolders.begin(), kVarFolders.end());
  paths.emplace_back("/etc/resolv.conf");
  for (const ViewChange& change : spec.view)
    if (!change.source.empty()) paths.push_back(absolute(change.source, facts));
  for (const ViewChange& change : spec.view)
    if (change.kind == ViewChange::Kind::rw)
      protected_paths_of_interest(absolute(change.source, facts), paths);
  if (!facts.working_directory.empty()) protected_paths_of_interest(facts.working_directory, paths);
  if (spec.rootfs) paths.push_back(absolute(*spec.rootfs, facts));
  return paths;
}

}  // namespace cloche
