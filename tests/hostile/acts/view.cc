// Gaps in the view itself: every mount that the payload sees, read from its own mountinfo.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "act.h"

namespace acts {
namespace {

struct Mount {
  std::string place, flags, type;
};

std::vector<Mount> mounts() {
  std::vector<Mount> result;
  std::istringstream lines(text_of("/proc/self/mountinfo"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string skip;
    Mount mount;
    words >> skip >> skip >> skip >> skip >> mount.place >> mount.flags;
    while (words >> skip && skip != "-") {
    }
    words >> mount.type;
    result.push_back(mount);
  }
  return result;
}

bool has_flag(const Mount& mount, const std::string& flag) {
  return ("," + mount.flags + ",").find("," + flag + ",") != std::string::npos;
}

bool below(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder == "/" ? "/" : folder + "/");
}

/// A mount without the flag words[0], apart from those at or below words[1…].
Result find_mount_without(const Words& words) {
  const auto all = mounts();
  if (all.empty()) return untried("no mountinfo");
  for (const Mount& mount : all) {
    const bool excepted = std::any_of(words.begin() + 1, words.end(),
                                      [&](const std::string& at) { return below(mount.place, at); });
    if (!excepted && !has_flag(mount, words.at(0))) return succeeded(mount.place + " " + mount.flags);
  }
  return refused_because("NONE");
}

/// A mount that gets what others mount later, or gives away what is mounted in it.
Result find_propagation(const Words&) {
  std::istringstream lines(text_of("/proc/self/mountinfo"));
  for (std::string line; std::getline(lines, line);) {
    const std::string head = line.substr(0, line.find(" - "));
    if (head.find(" shared:") != std::string::npos || head.find(" master:") != std::string::npos) {
      return succeeded(line);
    }
  }
  return refused_because("NONE");
}

/// Goes through the places where a system may be written and tries each one.
Result write_somewhere(const Words&) {
  for (const char* folder :
       {"/",          "/usr",      "/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin", "/bin",
        "/sbin",      "/lib",      "/lib64",   "/etc",     "/opt",       "/var",           "/var/lib",
        "/var/cache", "/var/log",  "/srv",     "/boot",    "/root",      "/mnt",           "/media",
        "/proc",      "/proc/sys", "/sys",     "/home",    "/dev"}) {
    const std::string path = std::string(folder) + "/hostile";
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) continue;
    ::close(fd);
    ::unlink(path.c_str());
    return succeeded(path);
  }
  return refused_because("NOWHERE");
}

/// A device in /dev that is not one of the harmless ones.
Result find_device(const Words&) {
  for (const char* name : {"mem",           "kmem",  "port",         "kmsg",    "sda",         "vda",
                           "nvme0n1",       "loop0", "loop-control", "fuse",    "kvm",         "net/tun",
                           "tty0",          "tty1",  "ttyS0",        "console", "vcs",         "vhost-net",
                           "vhost-vsock",   "vsock", "uinput",       "input",   "snd",         "dri",
                           "mapper",        "disk",  "hpet",         "rtc0",    "userfaultfd", "autofs",
                           "btrfs-control", "cuse",  "dma_heap",     "hwrng",   "snapshot",    "watchdog"}) {
    const std::string path = std::string("/dev/") + name;
    if (::access(path.c_str(), F_OK) == 0) return succeeded(path);
  }
  return refused_because("NONE");
}

constexpr Act kActs[] = {
    {"find_mount_without", find_mount_without},
    {"find_propagation", find_propagation},
    {"write_somewhere", write_somewhere},
    {"find_device", find_device},
};

}  // namespace

std::span<const Act> view_acts() {
  return kActs;
}

}  // namespace acts
