// What the payload is, and whether it can become more.
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "act.h"

namespace acts {
namespace {

/// The value of a line of /proc/self/status, "" if there is none.
std::string status_of(const std::string& name) {
  const std::string text = text_of("/proc/self/status");
  const auto line = text.find("\n" + name + ":");
  if (line == std::string::npos) return {};
  const auto start = text.find_first_not_of(" \t", line + name.size() + 2);
  return text.substr(start, text.find('\n', start) - start);
}

/// words[0]: the set (CapEff…). words[1], if given: bits that it may have, in hexadecimal.
Result hold_capabilities(const Words& words) {
  const std::uint64_t held = std::strtoull(status_of(words.at(0)).c_str(), nullptr, 16);
  const std::uint64_t allowed = words.size() > 1 ? std::strtoull(words.at(1).c_str(), nullptr, 16) : 0;
  if ((held & ~allowed) != 0) return succeeded(status_of(words.at(0)));
  return refused_because("NONE");
}

Result raise_ambient(const Words&) {
  return did(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0));
}

/// Asks for CAP_SYS_ADMIN in all three sets.
Result set_capabilities(const Words&) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  data[0].effective = data[0].permitted = data[0].inheritable = 1u << CAP_SYS_ADMIN;
  return did(::syscall(SYS_capset, &header, data));
}

Result lack_no_new_privileges(const Words&) {
  return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 ? succeeded() : refused_because("SET");
}
Result clear_no_new_privileges(const Words&) {
  return did(::prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
}
Result lack_filter(const Words&) {
  return status_of("Seccomp") == "2" ? refused_because("FILTERED") : succeeded();
}
/// The rules that give uid 0 capabilities at exec are off, or locked as they are.
Result lack_locked_securebits(const Words&) {
  const int bits = ::prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
  constexpr int kLocks = SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                         SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
  return (bits & kLocks) == kLocks ? refused_because("LOCKED") : succeeded(std::to_string(bits));
}
Result set_securebits(const Words&) {
  return did(::prctl(PR_SET_SECUREBITS, 0, 0, 0, 0));
}

/// Someone who is mapped nowhere, so that no map makes it harmless.
Result become_other_user(const Words& words) {
  return did(::setresuid(static_cast<uid_t>(std::atoi(words.at(0).c_str())), static_cast<uid_t>(-1),
                         static_cast<uid_t>(-1)));
}
Result become_other_group(const Words& words) {
  return did(::setresgid(static_cast<gid_t>(std::atoi(words.at(0).c_str())), static_cast<gid_t>(-1),
                         static_cast<gid_t>(-1)));
}
Result set_groups(const Words&) {
  const gid_t group = 0;
  return did(::setgroups(1, &group));
}

Result map_ids(const Words&) {
  const int fd = ::open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return refused();
  return did(::write(fd, "0 0 1", 5));
}

Result set_file_capability(const Words& words) {
  const vfs_cap_data data{VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE, {{1u << CAP_SYS_ADMIN, 0}, {0, 0}}};
  return did(::setxattr(words.at(0).c_str(), "security.capability", &data, sizeof data, 0));
}

Result raise_limit(const Words&) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_max += 1;
  return did(::setrlimit(RLIMIT_NOFILE, &limit));
}

Result lower_niceness(const Words&) {
  return did(::setpriority(PRIO_PROCESS, 0, -20));
}

Result find_in_environment(const Words& words) {
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (std::strstr(*entry, words.at(0).c_str()) != nullptr) return succeeded(*entry);
  }
  return refused_because("ABSENT");
}

constexpr Act kActs[] = {
    {"hold_capabilities", hold_capabilities},
    {"raise_ambient_capability", raise_ambient},
    {"capset", set_capabilities},
    {"lack_no_new_privs", lack_no_new_privileges},
    {"clear_no_new_privs", clear_no_new_privileges},
    {"lack_filter", lack_filter},
    {"lack_locked_securebits", lack_locked_securebits},
    {"set_securebits", set_securebits},
    {"setresuid", become_other_user},
    {"setresgid", become_other_group},
    {"setgroups", set_groups},
    {"map_ids", map_ids},
    {"set_file_capability", set_file_capability},
    {"raise_limit", raise_limit},
    {"lower_niceness", lower_niceness},
    {"find_in_environment", find_in_environment},
};

}  // namespace

std::span<const Act> privilege_acts() {
  return kActs;
}

}  // namespace acts
