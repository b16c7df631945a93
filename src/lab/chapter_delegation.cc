// Chapter 3: why root was needed, and what changed. systemd is asked for a part of the tree; then the rules
// that come with it, each by breaking it.
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cgroup/manager.h"
#include "lab/bench.h"
#include "lab/experiment.h"
#include "lab/notebook.h"
#include "lab/trees.h"

namespace cloche::lab {
namespace {

/// Without a systemd that delegates: what the kernel and the bus say to whoever tries nevertheless.
void without_manager(const Situation& s, Notebook& notebook) {
  const auto addresses = manager_addresses(s.place);
  if (addresses.empty()) {
    notebook.note({"a bus of one's own systemd", "there is none to be asked"});
  } else {
    try {
      ask_for_scope(s, ::getpid());
      notebook.note({"StartTransientUnit", "done"});
    } catch (const Error& error) {
      notebook.note({"StartTransientUnit", error.what()});
    }
  }
  if (s.tree.empty() || s.own_cgroup.empty()) return;
  const std::string path = s.tree + (s.own_cgroup == "/" ? "" : s.own_cgroup);
  const int error = ::mkdir((path + "/cloche-lab").c_str(), 0755) == 0 ? 0 : errno;
  if (!error) ::rmdir((path + "/cloche-lab").c_str());
  notebook.note(tried("mkdir(" + path + "/cloche-lab)", error));
  notebook.before(tree_of(s, {s.own_cgroup}));
}

/// Opens a control file for writing, and writes nothing: the kernel asks for the right to it here.
int try_open(const std::string& path) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file ? 0 : errno;
}

std::string below_tree(const Situation& s, const CgroupDirectory& cgroup) {
  return cgroup.path().substr(s.tree.size());
}

// --- asking systemd

Lines predict_ask(const Situation& s) {
  return {{"StartTransientUnit", "done"},
          {"the new cgroup belongs to", s.user},
          tried("mkdir(SCOPE/mine)", 0),
          tried("write(SCOPE/mine/cgroup.procs, own pid)", 0)};
}

void run_ask(const Situation& s, Notebook& notebook) {
  notebook.before(tree_of(s, {s.own_cgroup, s.manager}));
  const Scope scope = ask_for_scope(s, ::getpid());
  notebook.note({"StartTransientUnit", "done"});
  notebook.figure("sent to", fmt::format("{} {} {}.StartTransientUnit", manager::kService, manager::kPath,
                                         manager::kInterface));
  notebook.figure(
      "with",
      fmt::format("(\"{}\", \"fail\", [Description=\"cloche lab\", Slice=cloche.slice, Delegate=true, "
                  "CollectMode=inactive-or-failed, PIDs=[{}]], [])",
                  scope.unit, ::getpid()));
  notebook.figure("answered", fmt::format("JobRemoved({}, {}, \"done\")", scope.job, scope.unit));
  notebook.figure("the new cgroup", below_tree(s, scope.cgroup));
  notebook.figure("controllers in it", scope.cgroup.read("cgroup.controllers"));
  struct stat there {};
  ::stat(scope.cgroup.path().c_str(), &there);
  notebook.note({"the new cgroup belongs to", there.st_uid == s.uid ? s.user : std::to_string(there.st_uid)});
  const CgroupDirectory mine = scope.cgroup.make_child("mine");
  notebook.note(tried("mkdir(SCOPE/mine)", 0));
  notebook.note(tried("write(SCOPE/mine/cgroup.procs, own pid)", mine.adopt(::getpid())));
  notebook.after(tree_of(s, {s.own_cgroup, s.manager, below_tree(s, scope.cgroup)}));
}

// --- the common ancestor

constexpr const char* kAncestorGiven = "the common ancestor lies in what was delegated";

Lines predict_ancestor(const Situation& s) {
  return {holds(kAncestorGiven, s.inside_manager()),
          tried("write(SCOPE/leaf/cgroup.procs, own pid)", s.inside_manager() ? 0 : EACCES),
          tried("AttachProcessesToUnit, asked of systemd", 0)};
}

/// A process that does nothing, in a scope of its own; this one stays where it was.
struct Neighbour {
  Child process{[] {}};
  Scope scope;
  explicit Neighbour(const Situation& s) {
    process.ready();
    scope = ask_for_scope(s, process.pid());
  }
};

void run_ancestor(const Situation& s, Notebook& notebook) {
  const Neighbour neighbour(s);
  const CgroupDirectory leaf = neighbour.scope.cgroup.make_child("leaf");
  notebook.figure("this process is in", s.own_cgroup);
  notebook.figure("it wants to go to", below_tree(s, leaf));
  const std::string ancestor = common_ancestor(s.own_cgroup, below_tree(s, leaf));
  notebook.figure("their common ancestor is", ancestor);
  notebook.note(holds(kAncestorGiven, ancestor.starts_with(s.manager)));
  notebook.note(tried("write(SCOPE/leaf/cgroup.procs, own pid)", leaf.adopt(::getpid())));
  manager::attach(manager_addresses(s.place), neighbour.scope.unit, "/leaf", ::getpid());
  notebook.note(tried("AttachProcessesToUnit, asked of systemd",
                      cgroup_of(::getpid()) == below_tree(s, leaf) ? 0 : EACCES));
}

Lines predict_clone_into(const Situation& s) {
  Lines lines = {tried("clone3(CLONE_INTO_CGROUP) into SCOPE/leaf", s.inside_manager() ? 0 : EACCES)};
  if (s.inside_manager()) lines.push_back(holds("the child was born there", true));
  return lines;
}

void run_clone_into(const Situation& s, Notebook& notebook) {
  const Neighbour neighbour(s);
  const CgroupDirectory leaf = neighbour.scope.cgroup.make_child("leaf");
  clone_args arguments{};
  arguments.flags = CLONE_INTO_CGROUP;
  arguments.exit_signal = SIGCHLD;
  arguments.cgroup = static_cast<std::uint64_t>(leaf.fd());
  const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid == 0) {
    ::_exit(cgroup_of(::getpid()) == below_tree(s, leaf) ? 0 : 1);
  }
  notebook.called("clone3(CLONE_INTO_CGROUP) into SCOPE/leaf", pid);
  if (pid < 0) return;
  int status = 0;
  ::waitpid(static_cast<pid_t>(pid), &status, 0);
  notebook.note(holds("the child was born there", status == 0));
}

// --- no internal processes

/// A controller to switch on in what was delegated; empty where there is none. It has to be one that counts
/// by processes: for one that counts by threads, as pids and cpu do, the kernel makes a thread root of the
/// cgroup.
std::string domain_controller(const Situation& s) {
  for (const char* name : {"memory", "io"})
    if (s.has(name)) return name;
  return {};
}

std::string needs_controller(const Situation& s) {
  const std::string lacking = needs_manager(s);
  if (!lacking.empty() || !domain_controller(s).empty()) return lacking;
  return s.hybrid ? "no controller is delegated: this host's cgroup v1 trees hold them all"
                  : "neither memory nor io is delegated to " + s.user;
}

void without_controller(const Situation& s, Notebook& notebook) {
  if (s.manager.empty()) return without_manager(s, notebook);
  const Scope scope = ask_for_scope(s, ::getpid());
  notebook.note(
      {"cgroup.controllers of a scope of one's own", "\"" + scope.cgroup.read("cgroup.controllers") + "\""});
  for (const char* name : {"memory", "pids", "cpu"})
    notebook.note(
        tried(fmt::format("write(cgroup.subtree_control, \"+{}\")", name), scope.cgroup.enable(name)));
}

Lines predict_internal(const Situation& s) {
  const std::string enable = "write(SCOPE/cgroup.subtree_control, \"+" + domain_controller(s) + "\")";
  return {tried(enable + ", while a process is in it", EBUSY), tried("the process moves to SCOPE/leaf", 0),
          tried(enable + ", once it is empty", 0), tried("the process moves back to SCOPE", EBUSY)};
}

void run_internal(const Situation& s, Notebook& notebook) {
  const Scope scope = ask_for_scope(s, ::getpid());
  const std::string controller = domain_controller(s);
  const std::string enable = "write(SCOPE/cgroup.subtree_control, \"+" + controller + "\")";
  notebook.note(tried(enable + ", while a process is in it", scope.cgroup.enable(controller)));
  notebook.note(tried("the process moves to SCOPE/leaf", scope.cgroup.make_child("leaf").adopt(::getpid())));
  notebook.note(tried(enable + ", once it is empty", scope.cgroup.enable(controller)));
  notebook.note(tried("the process moves back to SCOPE", scope.cgroup.adopt(::getpid())));
}

// --- an undelegated controller

/// One that the kernel has and the user was not given; empty where there is none.
std::string missing_controller(const Situation& s) {
  for (const auto* list : {&s.controllers, &s.known})
    for (const std::string& name : *list)
      if (!s.has(name) && std::find(s.known.begin(), s.known.end(), name) != s.known.end()) return name;
  return {};
}

std::string needs_missing(const Situation& s) {
  const std::string lacking = needs_manager(s);
  if (!lacking.empty() || !missing_controller(s).empty()) return lacking;
  return "every controller that this kernel has is delegated to you";
}

Lines predict_missing(const Situation& s) {
  return {tried("write(SCOPE/cgroup.subtree_control, \"+" + missing_controller(s) + "\")", ENOENT)};
}

void run_missing(const Situation& s, Notebook& notebook) {
  const Scope scope = ask_for_scope(s, ::getpid());
  const std::string name = missing_controller(s);
  notebook.figure("delegated", join(s.delegated, " "));
  notebook.note(tried("write(SCOPE/cgroup.subtree_control, \"+" + name + "\")", scope.cgroup.enable(name)));
}

// --- limits of the delegated cgroup itself

Lines predict_limits(const Situation& s) {
  Lines lines = {tried("open(DELEGATED/cgroup.procs, O_WRONLY)", 0),
                 tried("open(DELEGATED/cgroup.freeze, O_WRONLY)", EACCES),
                 tried("open(DELEGATED/cgroup.kill, O_WRONLY)", EACCES)};
  if (s.has("pids")) lines.push_back(tried("open(DELEGATED/pids.max, O_WRONLY)", EACCES));
  lines.push_back(tried("open(DELEGATED/…/child/cgroup.freeze, O_WRONLY)", 0));
  lines.push_back(tried("open(DELEGATED/…/child/cgroup.kill, O_WRONLY)", 0));
  if (s.has("pids")) lines.push_back(tried("open(DELEGATED/…/child/pids.max, O_WRONLY)", 0));
  return lines;
}

void run_limits(const Situation& s, Notebook& notebook) {
  const Cell cell(s, s.has("pids") ? std::vector<std::string>{"pids"} : std::vector<std::string>{});
  const std::string delegated = s.tree + s.manager;
  notebook.figure("DELEGATED", s.manager);
  notebook.note(tried("open(DELEGATED/cgroup.procs, O_WRONLY)", try_open(delegated + "/cgroup.procs")));
  const auto one = [&](const std::string& folder, const std::string& as, const char* file) {
    notebook.note(tried(fmt::format("open({}/{}, O_WRONLY)", as, file), try_open(folder + "/" + file)));
  };
  for (const auto& [folder, as] :
       {std::pair(delegated, "DELEGATED"), std::pair(cell.cgroup().path(), "DELEGATED/…/child")}) {
    one(folder, as, "cgroup.freeze");
    one(folder, as, "cgroup.kill");
    if (s.has("pids")) one(folder, as, "pids.max");
  }
}

// --- leaving

Lines predict_leaving(const Situation& s) {
  return {tried("write(" + s.tree + "/cgroup.procs, own pid)", EACCES)};
}

void run_leaving(const Situation& s, Notebook& notebook) {
  const Scope scope = ask_for_scope(s, ::getpid());
  notebook.note(
      tried("write(" + s.tree + "/cgroup.procs, own pid)", CgroupDirectory(s.tree).adopt(::getpid())));
}

// --- depth

Lines predict_depth(const Situation&) {
  return {tried("write(SCOPE/top/cgroup.max.depth, \"1\")", 0), tried("mkdir(SCOPE/top/one)", 0),
          tried("mkdir(SCOPE/top/one/two)", EAGAIN)};
}

void run_depth(const Situation& s, Notebook& notebook) {
  const Scope scope = ask_for_scope(s, ::getpid());
  const CgroupDirectory top = scope.cgroup.make_child("top");
  notebook.note(tried("write(SCOPE/top/cgroup.max.depth, \"1\")", top.write("cgroup.max.depth", "1")));
  notebook.called("mkdir(SCOPE/top/one)", ::mkdirat(top.fd(), "one", 0755));
  notebook.called("mkdir(SCOPE/top/one/two)", ::mkdirat(top.fd(), "one/two", 0755));
}

// --- nsdelegate

std::string needs_manager_and_namespaces(const Situation& s) {
  const std::string lacking = needs_manager(s);
  return lacking.empty() ? s.no_namespaces : lacking;
}

Lines predict_boundary(const Situation& s) {
  return {holds("the tree is mounted with nsdelegate", s.nsdelegate),
          tried("write(INSIDE/cgroup.freeze, \"0\"), the namespace's own root", s.nsdelegate ? EPERM : 0),
          tried("write(OUTSIDE/cgroup.procs, own pid), a sibling of it", s.nsdelegate ? ENOENT : 0),
          tried("mkdir(INSIDE/below)", 0)};
}

void run_boundary(const Situation& s, Notebook& notebook) {
  const Scope scope = ask_for_scope(s, ::getpid());
  const CgroupDirectory inside = scope.cgroup.make_child("inside"),
                        outside = scope.cgroup.make_child("outside");
  notebook.note(holds("the tree is mounted with nsdelegate", s.nsdelegate));
  in_child([&] {
    if (const int error = inside.adopt(::getpid())) throw_errno(error, "cannot move into", inside.path());
    enter_namespaces(CLONE_NEWCGROUP);
    notebook.note(tried("write(INSIDE/cgroup.freeze, \"0\"), the namespace's own root",
                        inside.write("cgroup.freeze", "0")));
    notebook.note(tried("write(OUTSIDE/cgroup.procs, own pid), a sibling of it", outside.adopt(::getpid())));
    notebook.called("mkdir(INSIDE/below)", ::mkdirat(inside.fd(), "below", 0755));
  });
}

// --- removing

Lines predict_rmdir(const Situation&) {
  return {tried("rmdir(SCOPE/child), while a process is in it", EBUSY),
          tried("write(SCOPE/child/cgroup.kill, \"1\")", 0),
          {"the process ended by", "signal 9"},
          tried("rmdir(SCOPE/child), once it is gone", 0)};
}

void run_rmdir(const Situation& s, Notebook& notebook) {
  const Scope scope = ask_for_scope(s, ::getpid());
  const CgroupDirectory child = scope.cgroup.make_child("child");
  Child process([&] {
    if (const int error = child.adopt(::getpid())) throw_errno(error, "cannot move into", child.path());
  });
  process.ready();
  notebook.note(tried("rmdir(SCOPE/child), while a process is in it", scope.cgroup.remove_child("child")));
  notebook.note(tried("write(SCOPE/child/cgroup.kill, \"1\")", child.write("cgroup.kill", "1")));
  const int status = process.wait();
  notebook.note(
      {"the process ended by", WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status)) : "itself"});
  notebook.note(tried("rmdir(SCOPE/child), once it is gone", scope.cgroup.remove_child("child")));
}

constexpr auto kExperiments = std::to_array<Experiment>({
    {3, "delegation", "Who can give a part of the tree away?",
     "org.freedesktop.systemd1.Manager.StartTransientUnit(…)", needs_manager, predict_ask, run_ask,
     without_manager,
     "The system's systemd, which is root, makes user@UID.service with Delegate= and gives its cgroup to the "
     "user. The "
     "systemd that runs in it for the user gives parts of it to whoever of the same user asks, over D-Bus.",
     "systemd 218", "CGROUP_DELEGATION of systemd, org.freedesktop.systemd1(5)",
     "The same mkdir that was refused works. Root was needed once, at the login, and not by you: that is all "
     "that "
     "changed in ten years, and it is enough."},
    {3, "common-ancestor", "Can one move oneself into a cgroup of one's own?",
     "write(SCOPE/leaf/cgroup.procs, PID)", needs_manager, predict_ancestor, run_ancestor, without_manager,
     "Moving a process takes the right to write to cgroup.procs of the target and of the lowest cgroup that "
     "is above "
     "both, the old place and the new.",
     "Linux 4.4", "cgroup-v2.rst, Delegation Containment",
     "From a login's scope the common ancestor is root's, so owning the target does not help; from inside "
     "the user's "
     "systemd it does. systemd may move a process from either."},
    {3, "clone-into-cgroup", "Can a child be born in another cgroup?",
     "clone3({.flags = CLONE_INTO_CGROUP, .cgroup = FD})", needs_manager, predict_clone_into, run_clone_into,
     without_manager, "The kernel asks for the same rights as if the child had been moved.", "Linux 5.7",
     "clone(2)", "Faster than moving it, and no way around the common ancestor."},
    {3, "no-internal-processes", "Can a cgroup hold processes and hand out controllers?",
     "write(SCOPE/cgroup.subtree_control, …)", needs_controller, predict_internal, run_internal,
     without_controller,
     "A cgroup that distributes a controller to its children holds no process itself: processes and groups "
     "of processes would compete for one resource. It is so for memory and io; pids and cpu can count by "
     "threads, and make a threaded tree of such a cgroup instead.",
     "Linux 4.5", "cgroup-v2.rst, No Internal Process Constraint",
     "So cloche puts its own process and the command into two leaves, and only the second one is limited."},
    {3, "undelegated-controller", "What of a controller that was not delegated?",
     "write(SCOPE/cgroup.subtree_control, …)", needs_missing, predict_missing, run_missing, without_manager,
     "A cgroup has the controllers that its parent switched on for it; to all others the answer is that "
     "there are none "
     "such.",
     "Linux 4.5", "cgroup-v2.rst, Enabling and Disabling",
     "systemd says nothing of it: its job is done, and the limit is not there. cloche reads every limit "
     "back."},
    {3, "own-limits", "Can one lift the limits of what one was given?", "open(DELEGATED/pids.max, O_WRONLY)",
     needs_manager, predict_limits, run_limits, without_manager,
     "Delegation gives the folder, cgroup.procs, cgroup.threads and cgroup.subtree_control. The files that "
     "hold the "
     "cgroup in belong to whoever made it.",
     "Linux 4.5", "cgroup-v2.rst, Model of Delegation",
     "Who delegates stays in control of the whole, the user of its parts. So the limits of a command stand "
     "in a cgroup "
     "below."},
    {3, "leaving", "Can one walk out of all limits, to the root?", "write(/sys/fs/cgroup/cgroup.procs, PID)",
     needs_manager, predict_leaving, run_leaving, without_manager,
     "The root's cgroup.procs is root's to write.", "Linux 4.5", "cgroup-v2.rst, Delegation Containment",
     "What is in a delegated subtree stays in it."},
    {3, "depth", "Can a tree be made as deep as one likes?", "mkdir(SCOPE/top/one/two)", needs_manager,
     predict_depth, run_depth, without_manager,
     "cgroup.max.depth and cgroup.max.descendants bound what is made below a cgroup.", "Linux 4.14",
     "cgroup-v2.rst, Core Interface Files",
     "Cgroups cost memory of the kernel's; whoever delegates can say how many."},
    {3, "namespace-boundary", "Does a cgroup namespace hold anything in?",
     "write(INSIDE/cgroup.freeze), write(OUTSIDE/cgroup.procs)", needs_manager_and_namespaces,
     predict_boundary, run_boundary, without_manager,
     "With the mount option nsdelegate a cgroup namespace is a boundary of delegation: its root's limits are "
     "not for "
     "those inside, and no process crosses it, whoever owns the files.",
     "Linux 4.13", "cgroup-v2.rst, Model of Delegation",
     "Here the cgroup namespace is a power at last: one that takes away. cloche makes it around the "
     "command's cgroup."},
    {3, "removing", "How does a cgroup end?", "rmdir(SCOPE/child), write(SCOPE/child/cgroup.kill, \"1\")",
     needs_manager, predict_rmdir, run_rmdir, without_manager,
     "A cgroup with a process in it cannot be removed. cgroup.kill sends SIGKILL to all in the tree below, "
     "and none "
     "escapes by forking.",
     "Linux 5.14", "cgroup-v2.rst, Core Interface Files",
     "One write ends a fork bomb. A scope goes by itself when its last process has."},
});

}  // namespace

std::span<const Experiment> chapter_delegation() {
  return kExperiments;
}

}  // namespace cloche::lab
