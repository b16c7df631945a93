#include "host/obstacles.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace cloche {
namespace {

/// The number in a control file; -1 where there is none.
long switch_value(const std::string& root, const std::string& name) {
  const auto text = read_if_there(root + "/proc/sys/" + name);
  const auto number = text ? whole_number(trim(*text)) : std::nullopt;
  return number ? static_cast<long>(*number) : -1;
}

bool apparmor_restricts(const std::string& root) {
  return switch_value(root, "kernel/apparmor_restrict_unprivileged_userns") == 1;
}

Obstacle apparmor_obstacle() {
  return {"AppArmor on this host lets no unprivileged program use user namespaces",
          "install cloche's AppArmor profile (debian/apparmor), or have an administrator run: "
          "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"};
}

/// The kind of seccomp filter that this process already runs under: 0 for none.
bool is_filtered(const std::string& root) {
  const auto status = read_if_there(root + "/proc/self/status");
  return status && status->find("\nSeccomp:\t2") != std::string::npos;
}

}  // namespace

Obstacle why_no_namespaces(int error, const std::string& root) {
  if (switch_value(root, "kernel/unprivileged_userns_clone") == 0)
    return {
        "this host has user namespaces switched off for ordinary users (kernel.unprivileged_userns_clone is "
        "0)",
        "have an administrator run: sysctl -w kernel.unprivileged_userns_clone=1"};
  for (const char* kind : {"user", "mnt", "pid", "ipc", "uts", "net", "cgroup"})
    if (switch_value(root, fmt::format("user/max_{}_namespaces", kind)) == 0)
      return {fmt::format("this host allows no {0} namespaces (user.max_{0}_namespaces is 0)", kind),
              fmt::format("have an administrator run: sysctl -w user.max_{}_namespaces=15000", kind)};
  if (error == ENOSPC || error == EUSERS)
    return {"a limit of namespaces is reached: too many exist already, or they are nested too deep",
            "end other sandboxes, or have an administrator raise user.max_user_namespaces"};
  if (apparmor_restricts(root)) return apparmor_obstacle();
  if ((error == EPERM || error == ENOSYS) && is_filtered(root))
    return {fmt::format("an outer container's seccomp filter refuses new namespaces: {}", errno_words(error)),
            "start the outer container with a filter that allows user namespaces and clone3, or run cloche "
            "outside of it"};
  if (error == EPERM)
    return {"the kernel refuses a user namespace, as it does in a chroot: " + errno_words(error),
            "run cloche outside of the chroot"};
  if (error == ENOSYS)
    return {"this kernel has no clone3: " + errno_words(error), "cloche needs Linux 5.12 or newer"};
  if (error == EAGAIN)
    return {"no further process can be started: " + errno_words(error),
            "see ulimit -u for your limit of processes"};
  return {"cannot make new namespaces: " + errno_words(error), ""};
}

Obstacle why_no_fresh_proc(int error, const std::string& root) {
  // The kernel shows a new /proc only where the old one is wholly visible: a mount over a part of it counts
  // as hiding. /proc/sys/fs/binfmt_misc is an empty folder made for a mount, which does not.
  const auto mounts = read_if_there(root + "/proc/self/mountinfo");
  for (const std::string& line : split(mounts.value_or(""), '\n')) {
    const auto fields = split(line, ' ');
    if (fields.size() > 4 && fields[4].starts_with("/proc/") && fields[4] != "/proc/sys/fs/binfmt_misc")
      return {
          fmt::format("cannot mount a fresh /proc, because an outer container hides {}",
                      in_quotes(fields[4])),
          "start the outer container with an unmasked /proc (docker: --security-opt systempaths=unconfined)"};
  }
  if (apparmor_restricts(root)) return apparmor_obstacle();
  return {"cannot mount a fresh /proc: " + errno_words(error), ""};
}

Obstacle why_no_map(int error, const std::string& root) {
  if (apparmor_restricts(root)) return apparmor_obstacle();
  return {"cannot map ids into the new user namespace: " + errno_words(error), ""};
}

}  // namespace cloche
