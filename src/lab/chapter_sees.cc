// Chapter 1: each namespace entered alone. A user namespace goes with each of the others, because the kernel
// wants CAP_SYS_ADMIN for them, which a new user namespace gives inside itself.
#include <arpa/inet.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <filesystem>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "lab/bench.h"
#include "lab/experiment.h"
#include "lab/notebook.h"

namespace cloche::lab {
namespace {

constexpr const char* kChanged = "changed in /proc/self/ns";

/// The namespace without a user namespace, as an ordinary user: never.
void alone(const Notebook& notebook, const char* name, int kind) {
  const int status = in_child([&] { ::_exit(::unshare(kind) == 0 ? 0 : errno); });
  notebook.note(tried(fmt::format("unshare({}) alone", name), status >> 8));
}

Line refused_alone(const char* name) {
  return tried(fmt::format("unshare({}) alone", name), EPERM);
}

void without_namespaces(const Situation&, Notebook& notebook) {
  const int status = in_child([&] { ::_exit(::unshare(CLONE_NEWUSER) == 0 ? 0 : errno); });
  notebook.note(tried("unshare(CLONE_NEWUSER)", status >> 8));
}

// --- user

Lines predict_user(const Situation& s) {
  return {tried("unshare(CLONE_NEWUSER)", 0),
          {"getuid() before a map is written", "65534"},
          {"getuid() once \"0 " + std::to_string(s.uid) + " 1\" is the map", "0"},
          {"capabilities inside", "all"},
          {kChanged, "user"},
          holds("sethostname() works, though one is root", false)};
}

bool has_every_capability() {
  const auto lines = [](const std::string& text, const std::string& key) {
    const std::size_t at = text.find(key);
    return at == std::string::npos ? std::string() : text.substr(at + key.size(), 17);
  };
  const std::string status = read_if_there("/proc/self/status").value_or("");
  return lines(status, "CapEff:") == lines(status, "CapBnd:");
}

void run_user(const Situation& s, Notebook& notebook) {
  const auto before = namespace_links();
  in_child([&] {
    notebook.called("unshare(CLONE_NEWUSER)", ::unshare(CLONE_NEWUSER));
    notebook.note({"getuid() before a map is written", std::to_string(::getuid())});
    const std::string map = fmt::format("0 {} 1", s.uid);
    write_proc("/proc/self/uid_map", map);
    notebook.note({"getuid() once \"" + map + "\" is the map", std::to_string(::getuid())});
    notebook.note({"capabilities inside", has_every_capability() ? "all" : "not all"});
    notebook.note({kChanged, changed_since(before)});
    notebook.note(holds("sethostname() works, though one is root", ::sethostname("cloche-lab", 10) == 0));
  });
}

// --- mount

dev_t device_of(const char* path) {
  struct stat there {};
  return ::stat(path, &there) == 0 ? there.st_dev : 0;
}

Lines predict_mount(const Situation&) {
  return {refused_alone("CLONE_NEWNS"),
          tried("mount(tmpfs on /tmp) inside", 0),
          {kChanged, "mnt user"},
          holds("/tmp is another file system inside", true),
          holds("/tmp is another file system outside", false)};
}

void run_mount(const Situation&, Notebook& notebook) {
  alone(notebook, "CLONE_NEWNS", CLONE_NEWNS);
  const auto links = namespace_links();
  const dev_t before = device_of("/tmp");
  in_namespaces(CLONE_NEWNS, [&] {
    notebook.called("mount(tmpfs on /tmp) inside", ::mount("tmpfs", "/tmp", "tmpfs", 0, nullptr));
    notebook.note({kChanged, changed_since(links)});
    notebook.note(holds("/tmp is another file system inside", device_of("/tmp") != before));
  });
  notebook.note(holds("/tmp is another file system outside", device_of("/tmp") != before));
}

// --- pid

std::size_t processes_in_proc() {
  std::size_t count = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error))
    if (whole_number(entry.path().filename().string())) ++count;
  return count;
}

Lines predict_pid(const Situation& s) {
  Lines lines = {refused_alone("CLONE_NEWPID"),
                 {"getpid() of the first child", "1"},
                 {"its getppid()", "0"},
                 {kChanged, "pid user"},
                 tried("kill(PID of a process outside, 0)", ESRCH),
                 holds("the /proc that was there shows the processes outside", true),
                 tried("mount(a fresh /proc)", s.masked_proc ? EPERM : 0)};
  if (!s.masked_proc) lines.push_back({"processes in the fresh /proc", "1"});
  return lines;
}

void run_pid(const Situation& s, Notebook& notebook) {
  alone(notebook, "CLONE_NEWPID", CLONE_NEWPID);
  const auto links = namespace_links();
  const pid_t outside = ::getpid();
  in_namespaces(CLONE_NEWPID, [&] {
    notebook.note({"getpid() of the first child", std::to_string(::getpid())});
    notebook.note({"its getppid()", std::to_string(::getppid())});
    notebook.note({kChanged, changed_since(links)});
    notebook.called("kill(PID of a process outside, 0)", ::kill(outside, 0));
    const bool shown = ::access(fmt::format("/proc/{}", outside).c_str(), F_OK) == 0;
    notebook.note(holds("the /proc that was there shows the processes outside", shown));
    ::unshare(CLONE_NEWNS);
    ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    notebook.called("mount(a fresh /proc)", ::mount("proc", "/proc", "proc", 0, nullptr));
    if (!s.masked_proc) notebook.note({"processes in the fresh /proc", std::to_string(processes_in_proc())});
  });
}

// --- ipc

Lines predict_ipc(const Situation&) {
  return {refused_alone("CLONE_NEWIPC"),
          tried("shmget(KEY, IPC_CREAT) inside", 0),
          {kChanged, "ipc user"},
          tried("shmget(KEY) outside", ENOENT)};
}

void run_ipc(const Situation&, Notebook& notebook) {
  alone(notebook, "CLONE_NEWIPC", CLONE_NEWIPC);
  const auto links = namespace_links();
  const key_t key = 0x636c0000 | (::getpid() & 0xffff);
  Child inside([&] {
    enter_namespaces(CLONE_NEWIPC);
    notebook.called("shmget(KEY, IPC_CREAT) inside", ::shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0600));
    notebook.note({kChanged, changed_since(links)});
  });
  inside.ready();
  notebook.called("shmget(KEY) outside", ::shmget(key, 4096, 0));
}

// --- uts

std::string hostname() {
  char name[65] = "";
  ::gethostname(name, sizeof name - 1);
  return name;
}

Lines predict_uts(const Situation&) {
  return {refused_alone("CLONE_NEWUTS"),
          tried("sethostname(\"cloche-lab\") inside", 0),
          {kChanged, "user uts"},
          {"gethostname() inside", "cloche-lab"},
          holds("gethostname() outside is as before", true)};
}

void run_uts(const Situation&, Notebook& notebook) {
  alone(notebook, "CLONE_NEWUTS", CLONE_NEWUTS);
  const auto links = namespace_links();
  const std::string before = hostname();
  in_namespaces(CLONE_NEWUTS, [&] {
    notebook.called("sethostname(\"cloche-lab\") inside", ::sethostname("cloche-lab", 10));
    notebook.note({kChanged, changed_since(links)});
    notebook.note({"gethostname() inside", hostname()});
  });
  notebook.note(holds("gethostname() outside is as before", hostname() == before));
  notebook.figure("gethostname() outside", before);
}

// --- net

std::string interfaces() {
  std::vector<std::string> names;
  if (struct if_nameindex* all = ::if_nameindex()) {
    for (const struct if_nameindex* one = all; one->if_index; ++one) names.emplace_back(one->if_name);
    ::if_freenameindex(all);
  }
  return join(names, " ");
}

int connect_to_oneself() {
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{
      .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0
                                                                                                   : errno;
}

Lines predict_net(const Situation&) {
  return {refused_alone("CLONE_NEWNET"),
          {kChanged, "net user"},
          holds("a loopback is there", true),
          tried("connect(127.0.0.1), while it is down", ENETUNREACH)};
}

void run_net(const Situation&, Notebook& notebook) {
  alone(notebook, "CLONE_NEWNET", CLONE_NEWNET);
  notebook.figure("interfaces outside", interfaces());
  const auto links = namespace_links();
  in_namespaces(CLONE_NEWNET, [&] {
    notebook.note({kChanged, changed_since(links)});
    notebook.note(holds("a loopback is there", ::if_nametoindex("lo") != 0));
    notebook.note(tried("connect(127.0.0.1), while it is down", connect_to_oneself()));
    notebook.figure("interfaces inside", interfaces());
  });
}

// --- cgroup

Lines predict_cgroup(const Situation&) {
  return {refused_alone("CLONE_NEWCGROUP"),
          {kChanged, "cgroup user"},
          {"/proc/self/cgroup inside", "0::/"},
          holds("the process has moved", false)};
}

void run_cgroup(const Situation&, Notebook& notebook) {
  alone(notebook, "CLONE_NEWCGROUP", CLONE_NEWCGROUP);
  const auto links = namespace_links();
  const std::string before = cgroup_of(::getpid());
  notebook.figure("/proc/self/cgroup outside", "0::" + before);
  Child inside([&] {
    enter_namespaces(CLONE_NEWCGROUP);
    notebook.note({kChanged, changed_since(links)});
    notebook.note({"/proc/self/cgroup inside", "0::" + cgroup_of(::getpid())});
  });
  inside.ready();
  notebook.note(holds("the process has moved", cgroup_of(inside.pid()) != before));
}

std::string needs_cgroup(const Situation& s) {
  if (s.own_cgroup.empty()) return "this kernel has no cgroup v2 tree to be in";
  return s.no_namespaces;
}

// --- time

constexpr long kDay = 86400;

long seconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return now.tv_sec;
}

std::string needs_time(const Situation& s) {
  if (::access("/proc/self/ns/time", F_OK) != 0) return "this kernel has no time namespaces (CONFIG_TIME_NS)";
  return s.no_namespaces;
}

Lines predict_time(const Situation&) {
  return {refused_alone("CLONE_NEWTIME"),
          tried("write(/proc/self/timens_offsets, \"monotonic 86400 0\")", 0),
          {kChanged, "time user"},
          holds("CLOCK_MONOTONIC is a day ahead inside", true),
          holds("CLOCK_REALTIME is the same inside", true)};
}

void run_time(const Situation&, Notebook& notebook) {
  alone(notebook, "CLONE_NEWTIME", CLONE_NEWTIME);
  const auto links = namespace_links();
  const long monotonic = seconds_of(CLOCK_MONOTONIC), real = seconds_of(CLOCK_REALTIME);
  in_child([&] {
    enter_namespaces(CLONE_NEWTIME);
    notebook.note(tried("write(/proc/self/timens_offsets, \"monotonic 86400 0\")",
                        write_proc("/proc/self/timens_offsets", "monotonic 86400 0")));
    in_child([&] {  // the clocks are those of the children
      notebook.note({kChanged, changed_since(links)});
      notebook.note(
          holds("CLOCK_MONOTONIC is a day ahead inside", seconds_of(CLOCK_MONOTONIC) >= monotonic + kDay));
      notebook.note(holds("CLOCK_REALTIME is the same inside", seconds_of(CLOCK_REALTIME) < real + kDay));
    });
  });
}

// --- what is not namespaced

Lines predict_time_of_day(const Situation&) {
  return {tried("clock_settime(CLOCK_REALTIME) as root of every namespace", EPERM)};
}

void run_time_of_day(const Situation&, Notebook& notebook) {
  in_namespaces(kEveryNamespace, [&] {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);  // were it to work, it would change nothing
    notebook.called("clock_settime(CLOCK_REALTIME) as root of every namespace",
                    ::clock_settime(CLOCK_REALTIME, &now));
  });
}

std::string needs_keyring(const Situation& s) {
  const int status =
      in_child([] { ::_exit(::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr) >= 0 ? 0 : errno); });
  if (status) return "this kernel lets nobody use its keyrings here: " + errno_words(status >> 8);
  return s.no_namespaces;
}

Lines predict_keyring(const Situation&) {
  return {tried("add_key(\"user\", …) outside", 0),
          {"keyctl(KEYCTL_READ) as root of every other namespace", "a secret"}};
}

void run_keyring(const Situation&, Notebook& notebook) {
  // A session keyring without a name: it goes, and the key with it, when this process ends.
  ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);
  constexpr std::string_view kSecret = "a secret";
  const long key =
      ::syscall(SYS_add_key, "user", "cloche-lab", kSecret.data(), kSecret.size(), KEY_SPEC_SESSION_KEYRING);
  notebook.called("add_key(\"user\", …) outside", key);
  in_namespaces(kEveryNamespace, [&] {
    char read[64];
    const long length = ::syscall(SYS_keyctl, KEYCTL_READ, key, read, sizeof read);
    const std::string came =
        length >= 0 ? std::string(read, static_cast<std::size_t>(length)) : errno_words(errno);
    notebook.note({"keyctl(KEYCTL_READ) as root of every other namespace", came});
  });
}

constexpr auto kExperiments = std::to_array<Experiment>({
    {1, "user-namespace", "Can anybody become root of something?", "unshare(CLONE_NEWUSER)", needs_namespaces,
     predict_user, run_user, without_namespaces,
     "A process may make a user namespace without any privilege. It holds every capability in it, over what "
     "belongs to "
     "that namespace and over nothing else. Until ids are mapped, everybody in it is nobody.",
     "Linux 3.8", "user_namespaces(7)",
     "Root is a number and a set of capabilities in a namespace. The key to all that follows is free of "
     "charge; the "
     "hostname belongs to another namespace, so this root may not touch it."},
    {1, "mount-namespace", "Can one have mounts of one's own?",
     "unshare(CLONE_NEWUSER | CLONE_NEWNS), mount(…)", needs_namespaces, predict_mount, run_mount,
     without_namespaces,
     "Mounting takes CAP_SYS_ADMIN in the user namespace that owns the mount namespace. What is mounted in "
     "one is not "
     "seen in another, unless mounts are shared on purpose.",
     "Linux 3.8", "mount_namespaces(7)",
     "This is how a sandbox hides your home: not by permission, by leaving it out of the view."},
    {1, "pid-namespace", "Can one be process 1?", "unshare(CLONE_NEWUSER | CLONE_NEWPID), fork()",
     needs_namespaces, predict_pid, run_pid, without_namespaces,
     "The first child is process 1 of the new namespace. Processes outside have no number in it, so no call "
     "can name "
     "them. A /proc shows the namespace that it was mounted from.",
     "Linux 3.8", "pid_namespaces(7)",
     "What cannot be named cannot be signalled or traced. When process 1 ends, all of the namespace ends "
     "with it: "
     "nothing can be left running."},
    {1, "ipc-namespace", "Is shared memory a name space too?",
     "unshare(CLONE_NEWUSER | CLONE_NEWIPC), shmget(KEY)", needs_namespaces, predict_ipc, run_ipc,
     without_namespaces,
     "System V objects and POSIX message queues are looked up in the caller's IPC namespace.", "Linux 3.8",
     "ipc_namespaces(7)", "A key that a database uses outside means nothing inside."},
    {1, "uts-namespace", "Can one rename the host?", "unshare(CLONE_NEWUSER | CLONE_NEWUTS), sethostname(…)",
     needs_namespaces, predict_uts, run_uts, without_namespaces,
     "Hostname and domain name belong to the UTS namespace.", "Linux 3.8", "uts_namespaces(7)",
     "The smallest of the namespaces, and the one that shows best what they all do: a global variable that "
     "is global "
     "no more."},
    {1, "network-namespace", "What network is in a new namespace?",
     "unshare(CLONE_NEWUSER | CLONE_NEWNET), connect(…)", needs_namespaces, predict_net, run_net,
     without_namespaces,
     "A new network namespace has a loopback that is down, no other interface that leads anywhere, no route "
     "and no "
     "firewall rules. Abstract Unix sockets belong to it as well.",
     "Linux 3.8", "network_namespaces(7)",
     "No network is the absence of one. No rule has to be right for it."},
    {1, "cgroup-namespace", "Can one hide in which cgroup one is?",
     "unshare(CLONE_NEWUSER | CLONE_NEWCGROUP)", needs_cgroup, predict_cgroup, run_cgroup, without_namespaces,
     "The cgroup in which a process makes the namespace is shown as its root. Nothing moves and nothing "
     "changes hands.",
     "Linux 4.6", "cgroup_namespaces(7)",
     "It looks like a cgroup tree of one's own. Chapter 2 tries to use it as one."},
    {1, "time-namespace", "Can one turn the clock?", "unshare(CLONE_NEWUSER | CLONE_NEWTIME)", needs_time,
     predict_time, run_time, without_namespaces,
     "Only CLOCK_MONOTONIC and CLOCK_BOOTTIME have offsets in a namespace, set before its first process.",
     "Linux 5.6", "time_namespaces(7)",
     "Made for containers that are moved between machines, not for pretending another date."},
    {1, "time-of-day", "Is the time of day in any namespace?", "clock_settime(CLOCK_REALTIME, …)",
     needs_namespaces, predict_time_of_day, run_time_of_day, without_namespaces,
     "CLOCK_REALTIME is one for the whole machine. Setting it takes CAP_SYS_TIME in the first user "
     "namespace.",
     "Linux 5.6", "time_namespaces(7)",
     "No namespace has it. Root in a sandbox may not set it, and everybody may read it."},
    {1, "keyring", "Are the kernel's keyrings in any namespace?", "keyctl(KEYCTL_READ, …)", needs_keyring,
     predict_keyring, run_keyring, without_namespaces,
     "A keyring belongs to a process's credentials. A new namespace inherits the session keyring that was "
     "there, with "
     "all that is in it.",
     "Linux 2.6.10", "keyrings(7)",
     "A key that you hold can be read from inside all seven namespaces. So cloche does not let the calls "
     "through: "
     "add_key, keyctl and request_key are refused by its filter."},
});

}  // namespace

std::span<const Experiment> chapter_sees() {
  return kExperiments;
}

}  // namespace cloche::lab
