// Chapter 2: what a process may use. The cgroup tree, tried from every side on which it looks open.
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <fmt/format.h>

#include "base/error.h"
#include "lab/bench.h"
#include "lab/experiment.h"
#include "lab/notebook.h"
#include "lab/trees.h"

namespace cloche::lab {
namespace {

std::string needs_tree(const Situation& s) {
  if (s.tree.empty()) return "no cgroup v2 tree is mounted here";
  if (s.own_cgroup.empty()) return "this process is in no cgroup of the v2 tree";
  return {};
}

std::string needs_tree_and_namespaces(const Situation& s) {
  const std::string lacking = needs_tree(s);
  return lacking.empty() ? s.no_namespaces : lacking;
}

void without_tree(const Situation&, Notebook& notebook) {
  struct stat there {};
  notebook.called("stat(/sys/fs/cgroup/cgroup.procs)", ::stat("/sys/fs/cgroup/cgroup.procs", &there));
}

/// Makes a cgroup and takes it away again, where the kernel should let us.
int try_mkdir(const std::string& path) {
  const int error = ::mkdir(path.c_str(), 0755) == 0 ? 0 : errno;
  if (!error) ::rmdir(path.c_str());
  return error;
}

std::string owner_of(const std::string& path) {
  struct stat there {};
  return ::stat(path.c_str(), &there) == 0 ? std::to_string(there.st_uid) : errno_words(errno);
}

std::string a_name() {
  return fmt::format("/cloche-lab-{}", ::getpid());
}

// --- one's own cgroup

Lines predict_own(const Situation& s) {
  return {{"the cgroup's folder belongs to uid", s.own_cgroup_mine ? std::to_string(s.uid) : "0"},
          holds("its figures can be read", true)};
}

void run_own(const Situation& s, Notebook& notebook) {
  const std::string path = s.tree + cgroup_of(::getpid());
  notebook.figure("/proc/self/cgroup", "0::" + s.own_cgroup);
  notebook.note({"the cgroup's folder belongs to uid", owner_of(path)});
  notebook.note(
      holds("its figures can be read", ::access((path + "/cgroup.controllers").c_str(), R_OK) == 0));
  notebook.before(tree_of(s, {s.own_cgroup, s.manager}));
}

// --- mkdir

Lines predict_mkdir(const Situation& s) {
  return {{"the root of the tree belongs to uid", "0"}, tried("mkdir(" + s.tree + "/cloche-lab)", EACCES)};
}

void run_mkdir(const Situation& s, Notebook& notebook) {
  notebook.note({"the root of the tree belongs to uid", owner_of(s.tree)});
  notebook.note(tried("mkdir(" + s.tree + "/cloche-lab)", try_mkdir(s.tree + a_name())));
}

Lines predict_mkdir_as_root(const Situation& s) {
  return {{"getuid()", "0"},
          {"the root of the tree belongs to uid", "65534"},
          tried("mkdir(" + s.tree + "/cloche-lab)", EACCES)};
}

void run_mkdir_as_root(const Situation& s, Notebook& notebook) {
  in_namespaces(0, [&] {
    notebook.note({"getuid()", std::to_string(::getuid())});
    notebook.note({"the root of the tree belongs to uid", owner_of(s.tree)});
    notebook.note(tried("mkdir(" + s.tree + "/cloche-lab)", try_mkdir(s.tree + a_name())));
  });
}

// --- mounting

int mount_on_tmp(const char* type, const char* data) {
  return ::mount("none", "/tmp", type, 0, data) == 0 ? 0 : errno;
}

Lines predict_mount_without(const Situation&) {
  return {tried("mount(cgroup2) in user and mount namespaces", EPERM)};
}

void run_mount_without(const Situation&, Notebook& notebook) {
  in_namespaces(CLONE_NEWNS, [&] {
    notebook.note(tried("mount(cgroup2) in user and mount namespaces", mount_on_tmp("cgroup2", nullptr)));
  });
}

Lines predict_mount_with(const Situation& s) {
  return {tried("mount(cgroup2) with a cgroup namespace", 0),
          {"/proc/self/cgroup inside", "0::/"},
          {"the root that it shows belongs to uid", s.own_cgroup_mine ? "0" : "65534"},
          tried("mkdir in it", s.own_cgroup_mine ? 0 : EACCES)};
}

void run_mount_with(const Situation&, Notebook& notebook) {
  in_namespaces(CLONE_NEWNS | CLONE_NEWCGROUP, [&] {
    notebook.note(tried("mount(cgroup2) with a cgroup namespace", mount_on_tmp("cgroup2", nullptr)));
    notebook.note({"/proc/self/cgroup inside", "0::" + cgroup_of(::getpid())});
    notebook.note({"the root that it shows belongs to uid", owner_of("/tmp")});
    notebook.note(tried("mkdir in it", try_mkdir("/tmp" + a_name())));
  });
}

std::string needs_v1(const Situation& s) {
  if (!s.cgroup_v1) return "this kernel was built without cgroup v1";
  return s.no_namespaces;
}

void without_v1(const Situation&, Notebook& notebook) {
  notebook.note(
      tried("mount(cgroup, \"none,name=cloche-lab\")", mount_on_tmp("cgroup", "none,name=cloche-lab")));
}

Lines predict_v1(const Situation&) {
  return {tried("mount(cgroup, \"none,name=cloche-lab\")", EPERM)};
}

void run_v1(const Situation&, Notebook& notebook) {
  in_namespaces(CLONE_NEWNS | CLONE_NEWCGROUP, [&] {
    notebook.note(
        tried("mount(cgroup, \"none,name=cloche-lab\")", mount_on_tmp("cgroup", "none,name=cloche-lab")));
  });
}

constexpr auto kExperiments = std::to_array<Experiment>({
    {2, "own-cgroup", "In which cgroup does a process sit, and whose is it?",
     "read(/proc/self/cgroup), stat(…)", needs_tree, predict_own, run_own, without_tree,
     "Every process is in exactly one cgroup of the v2 tree. A login session's scope is made by the system's "
     "systemd and "
     "belongs to root; what the user's own systemd makes belongs to the user.",
     "Linux 4.5", "cgroups(7)",
     "Everybody may look. What a cgroup limits, only its owner may change, and below a login that is root."},
    {2, "mkdir-at-root", "Can an ordinary user make a cgroup?", "mkdir(\"/sys/fs/cgroup/cloche-lab\")",
     needs_tree, predict_mkdir, run_mkdir, without_tree,
     "The tree is a file system with owners and modes, and mkdir asks for the right to write to the parent "
     "folder. Root "
     "owns it.",
     "Linux 4.5", "cgroup-v2.rst, Delegation",
     "Here is the sad thing: limits need a cgroup, a cgroup needs mkdir, and mkdir needs root."},
    {2, "mkdir-in-user-namespace", "Does it help to be root in a user namespace?",
     "unshare(CLONE_NEWUSER), mkdir(\"/sys/fs/cgroup/cloche-lab\")", needs_tree_and_namespaces,
     predict_mkdir_as_root, run_mkdir_as_root, without_tree,
     "Capabilities count over files only where the file's owner is mapped into the namespace. The tree's "
     "owner, root, is "
     "not: it is shown as nobody.",
     "Linux 3.8", "user_namespaces(7)", "Root inside is still you outside."},
    {2, "mount-without-cgroup-namespace", "Can one mount the tree anew?",
     "unshare(CLONE_NEWUSER | CLONE_NEWNS), mount(\"cgroup2\")", needs_tree_and_namespaces,
     predict_mount_without, run_mount_without, without_tree,
     "Mounting cgroup2 takes CAP_SYS_ADMIN in the user namespace that owns the cgroup namespace, which is "
     "the first one "
     "as long as nobody made another.",
     "Linux 4.6", "cgroup_namespaces(7)", "The view cannot be had without the namespace for it."},
    {2, "mount-with-cgroup-namespace", "Is a cgroup namespace the way out?",
     "unshare(… | CLONE_NEWCGROUP), mount(\"cgroup2\"), mkdir(…)", needs_tree_and_namespaces,
     predict_mount_with, run_mount_with, without_tree,
     "The namespace's own cgroup becomes the root of what is shown. Owners and modes are those that were "
     "there before.",
     "Linux 4.6", "cgroup_namespaces(7)",
     "It looked like the way out, and it is a window: a view, not a power. Where mkdir does work, somebody "
     "had given the "
     "cgroup to the user before."},
    {2, "version-1-hierarchy", "Could one make a cgroup v1 hierarchy of one's own?",
     "mount(\"cgroup\", \"none,name=cloche-lab\")", needs_v1, predict_v1, run_v1, without_v1,
     "A new hierarchy may be made in the first cgroup namespace only, by root.", "Linux 4.6",
     "cgroup_namespaces(7)", "The old tree has no door either; and what is delegated in it was never safe."},
});

}  // namespace

std::span<const Experiment> chapter_uses() {
  return kExperiments;
}

}  // namespace cloche::lab
