#include "host/read_facts.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <shadow/subid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

#include "base/file.h"
#include "base/libraries.h"
#include "base/text.h"
#include "host/subordinate.h"

extern char** environ;

namespace cloche {
namespace {

constexpr const char* kSystemFolders[] = {"/usr",    "/bin", "/sbin", "/lib", "/lib32", "/lib64",
                                          "/libx32", "/etc", "/opt",  "/nix", "/gnu"};

constexpr uid_t kOverflowId = 65534;  // what an owner looks like that is not mapped here

std::string resolved(const std::string& path) {
  char real[PATH_MAX];
  return ::realpath(path.c_str(), real) ? real : path;
}

void read_user(HostFacts& facts) {
  facts.uid = ::getuid();
  facts.gid = ::getgid();
  const int count = ::getgroups(0, nullptr);
  facts.groups.resize(static_cast<size_t>(count > 0 ? count : 0));
  if (count > 0) ::getgroups(count, facts.groups.data());
  if (const passwd* entry = user_entry(facts.uid)) {
    facts.user = entry->pw_name;
    facts.home = entry->pw_dir;
    facts.shell = entry->pw_shell;
  } else {  // an id without an entry, as container engines use
    const auto variable = [&](const char* name) {
      return facts.environment.contains(name) ? facts.environment[name] : "";
    };
    facts.user = std::to_string(facts.uid);
    facts.home = variable("HOME");
    facts.shell = variable("SHELL");
  }
  if (!facts.home.starts_with('/')) facts.home = "/";
  facts.home = resolved(facts.home);
}

/// libsubid, opened only where it knows more than the files. False where it is not there.
class Libsubid {
 public:
  Libsubid() {
    for (const char* name : {"libsubid.so.5", "libsubid.so.4"})
      if (!library_) library_ = open_library(name);
    find(init_, "subid_init");
    find(uids_, "subid_get_uid_ranges");
    find(gids_, "subid_get_gid_ranges");
    // Its messages go nowhere, cloche has its own; it keeps the stream, so nobody closes it.
    if (init_)
      if (FILE* nowhere = std::fopen("/dev/null", "we")) init_("cloche", nowhere);
  }
  explicit operator bool() const { return init_ && uids_ && gids_; }
  std::vector<SubordinateRange> uids(const std::string& user) const { return ranges(uids_, user); }
  std::vector<SubordinateRange> gids(const std::string& user) const { return ranges(gids_, user); }

 private:
  using Get = decltype(&::subid_get_uid_ranges);

  template <typename Function>
  void find(Function& function, const char* name) {
    if (library_) function = reinterpret_cast<Function>(function_of(library_, name));
  }
  static std::vector<SubordinateRange> ranges(Get get, const std::string& user) {
    subid_range* list = nullptr;
    const int count = get(user.c_str(), &list);
    std::vector<SubordinateRange> all;
    for (int i = 0; i < count; ++i)
      if (list[i].count > 0)
        all.push_back({static_cast<std::uint32_t>(list[i].start), static_cast<std::uint32_t>(list[i].count)});
    std::free(list);
    return all;
  }

  void* library_ = nullptr;
  decltype(&::subid_init) init_ = nullptr;
  Get uids_ = nullptr, gids_ = nullptr;
};

void read_ranges(HostFacts& facts) {
  const auto uids = subordinate_lines(read_if_there("/etc/subuid").value_or(""));
  const auto gids = subordinate_lines(read_if_there("/etc/subgid").value_or(""));
  const std::string source = subordinate_source();
  if (source.empty()) {
    facts.subuids = ranges_of(uids, facts.user, facts.uid);
    facts.subgids = ranges_of(gids, facts.user, facts.uid);
  } else if (const Libsubid library; library) {
    facts.subuids = library.uids(facts.user);
    facts.subgids = library.gids(facts.user);
  } else {
    facts.newuidmap.obstacle = facts.newgidmap.obstacle =
        "the source of subordinate ids is " + source + ", which libsubid would be asked for";
    facts.newuidmap.remedy = facts.newgidmap.remedy = library_remedy("libsubid4");
  }
  if (facts.subuids.empty() || facts.subgids.empty())
    facts.free_subordinate_start = free_subordinate_start(uids, gids);
}

MapHelper find_helper(const char* name, unsigned capability) {
  const auto reinstall = "have an administrator run: apt-get install --reinstall uidmap";
  for (const char* folder : {"/usr/bin/", "/bin/", "/usr/local/bin/", "/usr/sbin/", "/run/wrappers/bin/"}) {
    const std::string path = std::string(folder) + name;
    struct stat there {};
    if (::stat(path.c_str(), &there) != 0) continue;
    if (::access(path.c_str(), X_OK) != 0) return {path, path + " may not be executed by you", reinstall};
    vfs_cap_data file{};
    const bool capable = ::getxattr(path.c_str(), "security.capability", &file, sizeof file) > 0 &&
                         (file.data[0].permitted >> capability & 1);
    if ((there.st_mode & S_ISUID) && there.st_uid == kOverflowId)
      return {path, "an outer user namespace does not map the owner of " + path + ", so it has no privilege",
              "run cloche outside of that sandbox"};
    if (!capable && !((there.st_mode & S_ISUID) && there.st_uid == 0))
      return {path, path + " is neither setuid root nor has its file capability",
              there.st_uid == 0 ? "have an administrator run: chmod u+s " + path : reinstall};
    if (::geteuid() == 0) return {path, {}, {}};  // has the privilege already
    struct statvfs mount {};
    if (::statvfs(path.c_str(), &mount) == 0 && (mount.f_flag & ST_NOSUID))
      return {path, path + " lies on a mount with nosuid, where it has no privilege",
              "have an administrator run: mount -o remount,suid \"$(findmnt -no TARGET -T " + path + ")\""};
    if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
      return {path, "an outer sandbox set no_new_privs, under which " + path + " has no privilege",
              "run cloche outside of that sandbox"};
    return {path, {}, {}};
  }
  return {{}, std::string(name) + " is not installed", "have an administrator run: apt-get install uidmap"};
}

std::vector<SystemEntry> system_entries() {
  std::vector<SystemEntry> entries;
  for (const char* path : kSystemFolders) {
    struct stat there {};
    if (::lstat(path, &there) != 0) continue;
    char target[PATH_MAX];
    const ssize_t length = S_ISLNK(there.st_mode) ? ::readlink(path, target, sizeof target) : 0;
    if (S_ISDIR(there.st_mode) || length > 0)
      entries.push_back({path, std::string(target, static_cast<size_t>(length))});
  }
  return entries;
}

void read_session(HostFacts& facts) {
  facts.runtime_directory = runtime_directory();
  const auto there = [](const std::string& path) { return ::access(path.c_str(), F_OK) == 0; };
  facts.bus_reachable =
      facts.environment.contains("DBUS_SESSION_BUS_ADDRESS") ||
      (!facts.runtime_directory.empty() &&
       (there(facts.runtime_directory + "/bus") || there(facts.runtime_directory + "/systemd/private")));
  if (facts.cgroup.empty()) facts.cgroup = own_cgroup();
}

}  // namespace

std::string runtime_directory() {
  const uid_t uid = ::getuid();
  const auto mine = [&](const std::string& path) {
    struct stat there {};
    return ::stat(path.c_str(), &there) == 0 && S_ISDIR(there.st_mode) && there.st_uid == uid;
  };
  if (const char* named = ::getenv("XDG_RUNTIME_DIR"); named && *named == '/' && mine(named)) return named;
  const std::string usual = fmt::format("/run/user/{}", uid);
  return mine(usual) ? usual : "";
}

std::string own_cgroup() {
  for (const std::string& line : split(read_if_there("/proc/self/cgroup").value_or(""), '\n'))
    if (line.starts_with("0::")) return line.substr(3);
  return {};
}

HostFacts read_host_facts(bool with_subordinate_ids) {
  HostFacts facts = read_identity_facts(with_subordinate_ids);
  read_other_facts(facts);
  return facts;
}

HostFacts read_identity_facts(bool with_subordinate_ids) {
  HostFacts facts;
  for (char** variable = environ; *variable; ++variable) {
    const std::string text = *variable;
    const size_t equals = text.find('=');
    if (equals != std::string::npos && equals > 0)
      facts.environment[text.substr(0, equals)] = text.substr(equals + 1);
  }
  facts.process = ::getpid();
  read_user(facts);
  if (with_subordinate_ids) {
    facts.newuidmap = find_helper("newuidmap", CAP_SETUID);
    facts.newgidmap = find_helper("newgidmap", CAP_SETGID);
    read_ranges(facts);
  }
  return facts;
}

void read_other_facts(HostFacts& facts) {
  char folder[PATH_MAX];
  if (::getcwd(folder, sizeof folder) && folder[0] == '/') facts.working_directory = folder;
  facts.system = system_entries();
  facts.landlock_abi = static_cast<int>(::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1u));
  if (facts.landlock_abi < 0) facts.landlock_abi = 0;
  utsname kernel{};
  ::uname(&kernel);
  std::sscanf(kernel.release, "%u.%u", &facts.kernel_major, &facts.kernel_minor);
  facts.apparmor = read_if_there("/sys/module/apparmor/parameters/enabled").value_or("").starts_with('Y');
  // Classes come with a policy: without one a label is taken and means nothing.
  facts.selinux = ::access("/sys/fs/selinux/class/process", F_OK) == 0;
  read_session(facts);
}

}  // namespace cloche
