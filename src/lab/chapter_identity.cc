// Chapter 5: identity. Who one can be without privilege, and what that is outside.
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "lab/bench.h"
#include "lab/experiment.h"
#include "lab/notebook.h"

namespace cloche::lab {
namespace {

constexpr unsigned kHandful = 10;  // subordinate ids that are mapped

/// A child in a user namespace without a map.
void unmapped(const Act& act) {
  in_child([&] {
    if (::unshare(CLONE_NEWUSER) != 0) throw_errno(errno, "unshare(CLONE_NEWUSER)", "");
    act();
  });
}

std::string owner_of(const Fd& file) {
  struct stat there {};
  return ::fstat(file.get(), &there) == 0 ? std::to_string(there.st_uid) : errno_words(errno);
}

Lines predict_one(const Situation& s) {
  return {tried(fmt::format("write(uid_map, \"0 {} 1\")", s.uid), 0),
          {"getuid()", "0"},
          tried(fmt::format("write(gid_map, \"0 {} 1\"), while setgroups is allowed", s.gid), EPERM),
          tried("write(setgroups, \"deny\")", 0),
          tried(fmt::format("write(gid_map, \"0 {} 1\") again", s.gid), 0)};
}

void run_one(const Situation& s, Notebook& notebook) {
  unmapped([&] {
    const std::string uids = fmt::format("0 {} 1", s.uid), gids = fmt::format("0 {} 1", s.gid);
    notebook.note(tried("write(uid_map, \"" + uids + "\")", write_proc("/proc/self/uid_map", uids)));
    notebook.note({"getuid()", std::to_string(::getuid())});
    notebook.note(tried("write(gid_map, \"" + gids + "\"), while setgroups is allowed",
                        write_proc("/proc/self/gid_map", gids)));
    notebook.note(tried("write(setgroups, \"deny\")", write_proc("/proc/self/setgroups", "deny")));
    notebook.note(tried("write(gid_map, \"" + gids + "\") again", write_proc("/proc/self/gid_map", gids)));
  });
}

Lines predict_range(const Situation& s) {
  return {tried(fmt::format("write(uid_map, \"0 {} 2\")", s.uid), EPERM),
          tried("write(uid_map, \"0 0 1\")", EPERM)};
}

void run_range(const Situation& s, Notebook& notebook) {
  unmapped([&] {
    const std::string two = fmt::format("0 {} 2", s.uid);
    notebook.note(tried("write(uid_map, \"" + two + "\")", write_proc("/proc/self/uid_map", two)));
    notebook.note(tried("write(uid_map, \"0 0 1\")", write_proc("/proc/self/uid_map", "0 0 1")));
  });
}

// --- newuidmap

std::string needs_range(const Situation& s) {
  if (!s.subuid || !s.subgid)
    return "there are no subordinate ids for " + s.user +
           ": have an administrator run usermod --add-subuids 100000-165535 --add-subgids 100000-165535 " +
           s.user;
  if (s.newuidmap.empty() || s.newgidmap.empty())
    return "newuidmap and newgidmap cannot be used here: have an administrator run apt-get install uidmap";
  return s.no_namespaces;
}

/// The exit status of a map helper, as shadow's setuid programs have it.
int map_through(const std::string& helper, pid_t pid, std::uint32_t own, std::uint32_t first) {
  std::vector<std::string> words = {helper, std::to_string(pid)};
  for (const std::uint32_t number : {0u, own, 1u, 1u, first, kHandful})
    words.push_back(std::to_string(number));
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  char* no_environment[] = {nullptr};
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  for (const int fd : {0, 1, 2}) ::posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
  pid_t child = -1;
  const int error = ::posix_spawn(&child, helper.c_str(), &files, nullptr, arguments.data(), no_environment);
  ::posix_spawn_file_actions_destroy(&files);
  int status = 0;
  if (error || ::waitpid(child, &status, 0) < 0) return 127;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Lines predict_helper(const Situation& s) {
  return {{"exit status of newuidmap", "0"},     {"exit status of newgidmap", "0"},
          tried("setgroups(0, NULL) inside", 0), tried("fchown(FILE, 1, 1) inside", 0),
          tried("setresuid(1, 1, 1) inside", 0), {"FILE belongs, outside, to uid", std::to_string(s.subuid)}};
}

void run_helper(const Situation& s, Notebook& notebook) {
  const Fd file = nameless_file();
  Child inside(
      [] {
        if (::unshare(CLONE_NEWUSER) != 0) throw_errno(errno, "unshare(CLONE_NEWUSER)", "");
      },
      [&] {
        notebook.called("setgroups(0, NULL) inside", ::setgroups(0, nullptr));
        notebook.called("fchown(FILE, 1, 1) inside", ::fchown(file.get(), 1, 1));
        notebook.called("setresuid(1, 1, 1) inside", ::setresuid(1, 1, 1));
      });
  inside.ready();
  notebook.note(
      {"exit status of newuidmap", std::to_string(map_through(s.newuidmap, inside.pid(), s.uid, s.subuid))});
  notebook.note(
      {"exit status of newgidmap", std::to_string(map_through(s.newgidmap, inside.pid(), s.gid, s.subgid))});
  inside.go();
  inside.wait();
  notebook.note({"FILE belongs, outside, to uid", owner_of(file)});
  notebook.figure("the map", fmt::format("0 {} 1, 1 {} {}", s.uid, s.subuid, kHandful));
}

void without_helper(const Situation& s, Notebook& notebook) {
  unmapped([&] {
    const std::string map = fmt::format("0 {} 1\n1 {} {}", s.uid, s.subuid ? s.subuid : 100000, kHandful);
    notebook.note(tried("write(uid_map) of a range, by oneself", write_proc("/proc/self/uid_map", map)));
  });
}

// --- setgroups, device nodes, files

Lines predict_setgroups(const Situation&) {
  return {tried("setgroups(0, NULL), as root of a map of one id", EPERM),
          holds("the groups from outside are still there", true)};
}

void run_setgroups(const Situation&, Notebook& notebook) {
  const int before = ::getgroups(0, nullptr);
  in_namespaces(0, [&] {
    notebook.called("setgroups(0, NULL), as root of a map of one id", ::setgroups(0, nullptr));
    notebook.note(holds("the groups from outside are still there", ::getgroups(0, nullptr) == before));
  });
}

Lines predict_device(const Situation&) {
  return {tried("mknod(a pipe) on a tmpfs of one's own", 0), tried("mknod(the device 1:3) on it", EPERM)};
}

void run_device(const Situation&, Notebook& notebook) {
  in_namespaces(CLONE_NEWNS, [&] {
    if (::mount("tmpfs", "/tmp", "tmpfs", 0, nullptr) != 0)
      throw_errno(errno, "cannot mount a tmpfs on", "/tmp");
    notebook.called("mknod(a pipe) on a tmpfs of one's own", ::mknod("/tmp/pipe", S_IFIFO | 0600, 0));
    notebook.called("mknod(the device 1:3) on it", ::mknod("/tmp/null", S_IFCHR | 0600, makedev(1, 3)));
  });
}

Lines predict_file(const Situation& s) {
  return {{"a new file belongs, inside, to uid", "0"},
          {"the same file belongs, outside, to uid", std::to_string(s.uid)},
          tried("fchown(FILE, 1, 1), an id that is not mapped", EINVAL),
          {"/etc/passwd belongs, inside, to uid", "65534"}};
}

void run_file(const Situation&, Notebook& notebook) {
  const Fd file = nameless_file();
  in_namespaces(0, [&] { notebook.note({"a new file belongs, inside, to uid", owner_of(file)}); });
  notebook.note({"the same file belongs, outside, to uid", owner_of(file)});
  in_namespaces(0, [&] {
    notebook.called("fchown(FILE, 1, 1), an id that is not mapped", ::fchown(file.get(), 1, 1));
    notebook.note(
        {"/etc/passwd belongs, inside, to uid", owner_of(Fd(::open("/etc/passwd", O_PATH | O_CLOEXEC)))});
  });
}

constexpr auto kExperiments = std::to_array<Experiment>({
    {5, "one-id", "Whom may one map without privilege?",
     "write(/proc/self/uid_map), write(/proc/self/gid_map)", needs_namespaces, predict_one, run_one, nullptr,
     "A map of one line with one's own id, and for groups only once setgroups is given up.",
     "Linux 3.8; setgroups 3.19", "user_namespaces(7)",
     "One id is enough for a compiler and too few for a package manager, which wants to give files to "
     "others."},
    {5, "a-range", "May one map more than oneself?", "write(/proc/self/uid_map, \"0 UID 2\")",
     needs_namespaces, predict_range, run_range, nullptr,
     "Any other id outside takes CAP_SETUID in the parent namespace.", "Linux 3.8", "user_namespaces(7)",
     "Otherwise a map would be a way to become one's neighbour."},
    {5, "newuidmap", "Who gives a range?", "newuidmap PID 0 UID 1 1 SUBUID 10", needs_range, predict_helper,
     run_helper, without_helper,
     "newuidmap and newgidmap are small setuid programs. They write a map of ids that the administrator set "
     "aside for "
     "the user in /etc/subuid and /etc/subgid.",
     "shadow 4.2", "newuidmap(1), subuid(5)",
     "Delegation again, of ids in place of cgroups: root's word, given once. Uid 1 inside is nobody's uid "
     "outside."},
    {5, "leaving-groups", "May one leave a group?", "setgroups(0, NULL)", needs_namespaces, predict_setgroups,
     run_setgroups, nullptr,
     "A group can be there to keep its members out of something, so nobody leaves one without privilege over "
     "it.",
     "Linux 3.19", "user_namespaces(7), CVE-2014-8989",
     "With a map of one id a sandboxed command keeps your groups. That is one reason for the range."},
    {5, "device-node", "May root of a namespace make a device?", "mknod(\"/tmp/null\", S_IFCHR, 1:3)",
     needs_namespaces, predict_device, run_device, nullptr,
     "A device node reaches the hardware of the whole machine: making one takes CAP_MKNOD in the first "
     "namespace.",
     "Linux 3.8", "mknod(2), user_namespaces(7)",
     "A sandbox's /dev is made of bind mounts of single nodes from outside."},
    {5, "file-owner", "Who owns a file that root made inside?", "open(O_TMPFILE), fstat(…)", needs_namespaces,
     predict_file, run_file, nullptr,
     "The disk holds ids as they are outside. They are translated by the map on the way in and out; an id "
     "without a line "
     "is shown as nobody and cannot be given to a file.",
     "Linux 3.8", "user_namespaces(7)", "What a build made as root is yours, and you can delete it."},
});

}  // namespace

std::span<const Experiment> chapter_identity() {
  return kExperiments;
}

}  // namespace cloche::lab
