#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"
#include "host/attempt.h"
#include "host/probe.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

namespace cloche {
namespace {

constexpr const char* kNoRun = "cloche run cannot make a sandbox";

/// Something in the new namespace that only its owner may do: AppArmor lets some hosts' users have the
/// namespace and nothing in it.
void own_mounts() {
  must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "making the mounts private");
}
void own_hostname() {
  must(::sethostname("cloche", 6), "sethostname");
}
void own_network() {
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  must(socket.get(), "socket");
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  must(::ioctl(socket.get(), SIOCSIFFLAGS, &request), "raising the loopback interface");
}
void be_first() {
  if (::getpid() != 1) throw Error("the first process of a new pid namespace is not number 1");
}
void nothing() {}

struct Kind {
  const char* name;
  std::uint64_t flag;
  void (*use)();
  const char* use_words;
};
constexpr Kind kKinds[] = {
    {"mount", CLONE_NEWNS, own_mounts, "its mounts made private"},
    {"pid", CLONE_NEWPID, be_first, "its first process is number 1"},
    {"ipc", CLONE_NEWIPC, nothing, "made"},
    {"uts", CLONE_NEWUTS, own_hostname, "its host name set"},
    {"net", CLONE_NEWNET, own_network, "its loopback interface raised"},
    {"cgroup", CLONE_NEWCGROUP, nothing, "made"},
};

Finding namespace_finding(const Kind& kind) {
  Finding finding{.id = fmt::format("{}-namespace", kind.name),
                  .what = fmt::format("{} namespace", kind.name)};
  const Reply answer = attempt([&] {
    in_new_namespaces(CLONE_NEWUSER | kind.flag);
    kind.use();
    return std::string();
  });
  if (answer.done()) {
    finding.state = kind.use_words;
    return finding;
  }
  Obstacle why = why_no_namespaces(answer.error);
  if (!answer.error) why = {answer.text, {}};
  obstruct(finding, Finding::Kind::blocking, "refused", why);
  finding.means = kNoRun;
  return finding;
}

Finding time_namespace_finding() {
  Finding finding{.id = "time-namespace", .what = "time namespace", .state = "made"};
  const Reply answer = attempt([] {
    in_new_namespaces(CLONE_NEWUSER | CLONE_NEWTIME);
    return std::string();
  });
  if (answer.done()) return finding;
  obstruct(finding, Finding::Kind::missing, "refused", {answer.text, "use Linux 5.6 or newer"});
  finding.means = "nothing for cloche run, which leaves the clocks as they are";
  return finding;
}

Finding fresh_proc_finding() {
  Finding finding{.id = "fresh-proc", .what = "fresh /proc", .state = "mounted"};
  const Reply answer = attempt([] {
    in_new_namespaces(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID);
    own_mounts();
    const Fd context(::fsopen("proc", FSOPEN_CLOEXEC));
    must(context.get(), "fsopen");
    must(::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0), "fsconfig");
    must(Fd(::fsmount(context.get(), FSMOUNT_CLOEXEC, 0)).get(), "fsmount");
    return std::string();
  });
  if (answer.done()) return finding;
  obstruct(finding, Finding::Kind::blocking, "refused", why_no_fresh_proc(answer.error));
  finding.means = kNoRun;
  return finding;
}

}  // namespace

Finding user_namespace_finding(int error, const std::string& root) {
  Finding finding{.id = "user-namespace", .what = "user namespace"};
  if (error) {
    obstruct(finding, Finding::Kind::blocking, "refused", why_no_namespaces(error, root));
    finding.means = kNoRun;
    return finding;
  }
  const auto most = read_if_there(root + "/proc/sys/user/max_user_namespaces");
  finding.state = "made";
  if (most) finding.state += fmt::format(", at most {}", trim(*most));
  return finding;
}

Findings probe_namespaces() {
  const Reply user = attempt([] {
    in_new_namespaces(CLONE_NEWUSER);
    return std::string();
  });
  Findings all = {user_namespace_finding(user.done() ? 0 : user.error ? user.error : EPERM)};
  const std::string needed = "a user namespace";
  for (const Kind& kind : kKinds)
    all.push_back(user.done() ? namespace_finding(kind)
                              : not_tried(fmt::format("{}-namespace", kind.name),
                                          fmt::format("{} namespace", kind.name), needed));
  all.push_back(user.done() ? time_namespace_finding()
                            : not_tried("time-namespace", "time namespace", needed));
  all.push_back(user.done() ? fresh_proc_finding() : not_tried("fresh-proc", "fresh /proc", needed));
  return all;
}

}  // namespace cloche
