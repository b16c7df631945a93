#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <iterator>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/pidfd.h"
#include "base/text.h"
#include "host/attempt.h"
#include "host/probe.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV  // Linux 5.19
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

namespace cloche {
namespace {

constexpr int kAgreed = E2BIG;  // an errno that getppid(2) never has by itself

std::string use_pidfd() {
  int raw = -1;
  const pid_t child = clone_with(0, &raw);
  if (child == 0) ::pause();
  const Fd pidfd(raw);
  must(send_signal(pidfd, SIGKILL) ? 0 : -1, "pidfd_send_signal");
  pollfd ended = {pidfd.get(), POLLIN, 0};
  must(::poll(&ended, 1, 2000) == 1 ? 0 : -1, "poll of a pidfd");
  must(::waitpid(child, nullptr, 0), "waitpid");
  must(pidfd_of(::getpid()).get(), "pidfd_open");
  return {};
}

/// Loads a filter that answers getppid(2) with `action`; the listener's descriptor where a flag asks for one.
int load_filter(std::uint32_t action, unsigned long flags) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter = {static_cast<unsigned short>(std::size(program)), program};
  must(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)");
  const long result = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
  must(result, "seccomp");
  return static_cast<int>(result);
}

std::string use_filter() {
  load_filter(SECCOMP_RET_ERRNO | kAgreed, 0);
  if (::syscall(SYS_getppid) != -1 || errno != kAgreed)
    throw Error("the filter is loaded and does not answer");
  return {};
}

std::string use_notification(unsigned long flags) {
  const Fd listener(load_filter(SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER | flags));
  const pid_t child = ::fork();
  must(child, "fork");
  if (child == 0) ::_exit(::syscall(SYS_getppid) == -1 && errno == kAgreed ? 0 : 1);
  seccomp_notif asked{};
  must(::ioctl(listener.get(), SECCOMP_IOCTL_NOTIF_RECV, &asked), "receiving a notification");
  seccomp_notif_resp answer{};
  answer.id = asked.id;
  answer.error = -kAgreed;
  must(::ioctl(listener.get(), SECCOMP_IOCTL_NOTIF_SEND, &answer), "answering a notification");
  int status = 0;
  must(::waitpid(child, &status, 0), "waitpid");
  if (status != 0) throw Error("a notification was answered and its caller did not hear the answer");
  return {};
}

Findings seccomp_findings() {
  Finding filter{.id = "seccomp", .what = "seccomp filter", .state = "loaded, and answers"};
  if (const Reply answer = attempt(use_filter); !answer.done()) {
    obstruct(
        filter, Finding::Kind::blocking, "refused",
        {answer.text, "use a kernel with CONFIG_SECCOMP_FILTER, or an outer container that allows seccomp"});
    filter.means = "cloche run cannot hold a command to its system calls";
  }
  Finding notify{.id = "seccomp-notify", .what = "seccomp notification", .state = "received and answered"};
  const Reply plain = attempt([] { return use_notification(0); });
  if (!plain.done()) {
    obstruct(
        notify, Finding::Kind::missing, "refused",
        {plain.text, plain.error == EBUSY ? "run cloche outside of the sandbox that listens already"
                                          : "use Linux 5.5 or newer, or an outer container that allows it"});
    notify.means = "calls are refused all the same; a report cannot list them";
  } else if (const Reply killable =
                 attempt([] { return use_notification(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV); });
             !killable.done()) {
    obstruct(notify, Finding::Kind::limited, "without WAIT_KILLABLE_RECV",
             {killable.text, "use Linux 5.19 or newer"});
    notify.means = "a signal can interrupt a call that is being answered, and it is asked again";
  }
  return {filter, notify};
}

std::string use_landlock() {
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = LANDLOCK_ACCESS_FS_READ_DIR;
  const Fd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof(std::uint64_t), 0)));
  must(ruleset.get(), "landlock_create_ruleset");
  must(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)");
  must(::syscall(SYS_landlock_restrict_self, ruleset.get(), 0), "landlock_restrict_self");
  if (::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) >= 0 || errno != EACCES)
    throw Error("the rules are in force and refuse nothing");
  return {};
}

/// A line of /proc/self/status.
std::string status_of(const char* key) {
  for (const std::string& line : split(read_if_there("/proc/self/status").value_or(""), '\n'))
    if (line.starts_with(std::string(key) + ":\t")) return line.substr(std::string(key).size() + 2);
  return {};
}

Finding outer_finding() {
  Finding finding{.id = "outer-sandbox", .what = "around cloche", .state = "no sandbox"};
  const bool filtered = status_of("Seccomp") == "2", held = status_of("NoNewPrivs") == "1";
  if (!filtered && !held) return finding;
  obstruct(finding, Finding::Kind::limited, "a sandbox",
           {fmt::format("this process runs {}", filtered && held ? "under a seccomp filter and no_new_privs"
                                                : filtered       ? "under a seccomp filter"
                                                                 : "under no_new_privs"),
            "run cloche outside of it"});
  finding.means = held ? "setuid helpers have no effect, so only one id can be mapped"
                       : "what that filter refuses, cloche cannot use";
  return finding;
}

}  // namespace

Finding landlock_finding(int abi, int error, const std::string& modules) {
  Finding finding{.id = "landlock", .what = "Landlock", .state = fmt::format("ABI {}", abi)};
  if (abi <= 0) {
    Obstacle why = {"landlock_create_ruleset: " + errno_words(error),
                    "use Linux 5.13 or newer with landlock in its list of security modules (lsm=)"};
    if (error == EOPNOTSUPP)
      why.remedy = fmt::format(
          "have an administrator add lsm=landlock,{} to the kernel's command line (in Debian "
          "GRUB_CMDLINE_LINUX of /etc/default/grub, then update-grub) and boot anew",
          modules.empty() ? "…" : std::string(trim(modules)));
    obstruct(finding, Finding::Kind::missing, error == EOPNOTSUPP ? "switched off" : "none", why);
    finding.means = "what is writable is said by the mounts alone; --landlock require is refused";
    return finding;
  }
  constexpr std::pair<int, const char*> kAdded[] = {{2, "renames across folders"},
                                                    {3, "truncation"},
                                                    {4, "TCP ports"},
                                                    {5, "device ioctls"},
                                                    {6, "sockets and signals"}};
  std::vector<std::string> lacks;
  for (const auto& [version, what] : kAdded)
    if (abi < version) lacks.emplace_back(what);
  if (lacks.empty()) return finding;
  obstruct(finding, Finding::Kind::limited, finding.state,
           {"this kernel's rules leave out: " + join(lacks, ", "), "use Linux 6.12 or newer"});
  finding.means = "the other rules hold; with --net host the host's abstract sockets can be reached";
  return finding;
}

Findings probe_processes() {
  Findings all = {outer_finding()};
  Finding pidfd{.id = "pidfd", .what = "clone3 and pidfds", .state = "a process held, signalled, awaited"};
  if (const Reply answer = attempt(use_pidfd); !answer.done()) {
    obstruct(pidfd, Finding::Kind::blocking, "refused",
             {answer.text, "use Linux 5.12 or newer, not hidden by an outer container's seccomp filter"});
    pidfd.means = "cloche run cannot make a sandbox";
  }
  all.push_back(pidfd);
  for (Finding& finding : seccomp_findings()) all.push_back(std::move(finding));
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  const int error = abi < 0 ? errno : 0;
  Finding landlock =
      landlock_finding(static_cast<int>(abi), error, read_if_there("/sys/kernel/security/lsm").value_or(""));
  if (const Reply answer = abi > 0 ? attempt(use_landlock) : Reply{.kind = Reply::Kind::done};
      !answer.done()) {
    obstruct(landlock, Finding::Kind::blocking, "refused", {answer.text, "use --landlock off to go without"});
    landlock.means = "cloche run cannot apply its rules";
  }
  all.push_back(landlock);
  return all;
}

}  // namespace cloche
