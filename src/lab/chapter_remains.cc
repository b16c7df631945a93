// Chapter 6: what stays possible. No layer closes these; where one can be shown, it is.
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

#include <fmt/format.h>

#include "base/error.h"
#include "lab/bench.h"
#include "lab/experiment.h"
#include "lab/notebook.h"
#include "lab/surface.h"

namespace cloche::lab {
namespace {

// --- the default profile's surface

Lines predict_surface(const Situation&) {
  const Surface expected = surface_by_policy();
  return {{"calls that a plain process may make", std::to_string(expected.all())},
          {"let through by the default profile, arguments all 0", std::to_string(expected.allowed)},
          {"refused (EPERM)", std::to_string(expected.refused)},
          {"said not to exist (ENOSYS)", std::to_string(expected.absent)}};
}

void run_surface(const Situation&, Notebook& notebook) {
  const Surface seen = surface_by_kernel();
  notebook.note({"calls that a plain process may make", std::to_string(seen.all())});
  notebook.note({"let through by the default profile, arguments all 0", std::to_string(seen.allowed)});
  notebook.note({"refused (EPERM)", std::to_string(seen.refused)});
  notebook.note({"said not to exist (ENOSYS)", std::to_string(seen.absent)});
  notebook.figure("of those let through, decided by arguments", std::to_string(calls_by_arguments()));
}

// --- one kernel

std::string version() {
  utsname names{};
  return ::uname(&names) == 0 ? std::string(names.release) + " " + names.version : "";
}

Lines predict_kernel(const Situation&) {
  return {holds("uname() inside every namespace names the same kernel", true)};
}

void run_kernel(const Situation&, Notebook& notebook) {
  const std::string outside = version();
  notebook.figure("uname()", outside);
  in_namespaces(kEveryNamespace, [&] {
    notebook.note(holds("uname() inside every namespace names the same kernel", version() == outside));
  });
}

// --- side channels

Lines predict_side(const Situation&) {
  return {{"getpid() inside", "1"},
          holds("sysinfo() counts the processes of the whole machine", true),
          holds("sysinfo() tells how much memory the whole machine has left", true)};
}

void run_side(const Situation&, Notebook& notebook) {
  in_namespaces(kEveryNamespace, [&] {
    struct sysinfo machine {};
    ::sysinfo(&machine);
    notebook.note({"getpid() inside", std::to_string(::getpid())});
    notebook.note(holds("sysinfo() counts the processes of the whole machine", machine.procs > 1));
    notebook.note(holds("sysinfo() tells how much memory the whole machine has left", machine.freeram > 0));
    notebook.figure("processes seen from a namespace with one", std::to_string(machine.procs));
    notebook.figure("load of the machine",
                    fmt::format("{:.2f}", static_cast<double>(machine.loads[0]) / (1 << SI_LOAD_SHIFT)));
  });
}

// --- what is shared

Lines predict_shared(const Situation&) {
  return {tried("write() to a descriptor that was open before, inside every namespace", 0),
          {"what arrived outside", "hello"}};
}

void run_shared(const Situation&, Notebook& notebook) {
  const Fd file = nameless_file();
  in_namespaces(kEveryNamespace, [&] {
    notebook.called("write() to a descriptor that was open before, inside every namespace",
                    ::write(file.get(), "hello", 5));
  });
  char read[16];
  const ssize_t length = ::pread(file.get(), read, sizeof read, 0);
  notebook.note(
      {"what arrived outside", std::string(read, static_cast<std::size_t>(length > 0 ? length : 0))});
}

// --- the host's network

/// A listener in the abstract space; its name goes with it.
struct Listener {
  Fd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  socklen_t size = 0;
  Listener() {
    const std::string name = fmt::format("cloche-lab-{}", ::getpid());
    name.copy(address.sun_path + 1, name.size());  // the first byte stays 0: no file
    size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::listen(socket.get(), 4) != 0)
      throw_errno(errno, "cannot listen", name);
  }
  long reach() const {
    const Fd one(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return ::connect(one.get(), reinterpret_cast<const sockaddr*>(&address), size);
  }
};

Lines predict_network(const Situation&) {
  return {tried("connect(an abstract socket outside), no network namespace", 0),
          tried("connect(an abstract socket outside), with a network namespace", ECONNREFUSED)};
}

void run_network(const Situation&, Notebook& notebook) {
  const Listener listener;
  in_namespaces(kEveryNamespace & ~CLONE_NEWNET, [&] {
    notebook.called("connect(an abstract socket outside), no network namespace", listener.reach());
  });
  in_namespaces(kEveryNamespace, [&] {
    notebook.called("connect(an abstract socket outside), with a network namespace", listener.reach());
  });
}

// --- signals

Lines predict_signals(const Situation&) {
  return {tried("kill(a process outside, 0) as root of a user namespace alone", 0),
          tried("kill(a process outside, 0) with a pid namespace", ESRCH)};
}

void run_signals(const Situation&, Notebook& notebook) {
  const pid_t outside = ::getpid();
  in_namespaces(0, [&] {
    notebook.called("kill(a process outside, 0) as root of a user namespace alone", ::kill(outside, 0));
  });
  in_namespaces(CLONE_NEWPID, [&] {
    notebook.called("kill(a process outside, 0) with a pid namespace", ::kill(outside, 0));
  });
}

constexpr auto kExperiments = std::to_array<Experiment>({
    {6, "attack-surface", "How much of the kernel is left to ask?",
     "seccomp(SECCOMP_SET_MODE_FILTER), then each call once", nullptr, predict_surface, run_surface, nullptr,
     "A filter is asked at every call. Here a second one answers for each call that the first lets through, "
     "so that none "
     "of them is carried out.",
     "Linux 5.0", "seccomp(2)",
     "What is not on the list cannot be attacked through. What is on it can: a list makes bugs harder to "
     "reach, it mends "
     "none."},
    {6, "one-kernel", "Is there another kernel inside?", "uname()", needs_namespaces, predict_kernel,
     run_kernel, nullptr, "Namespaces are views of one kernel.", "Linux 3.8", "namespaces(7)",
     "A bug in a call that is allowed is a way out. Who fears that needs a virtual machine around it."},
    {6, "side-channels", "What does one see of others without being shown?", "sysinfo()", needs_namespaces,
     predict_side, run_side, nullptr,
     "sysinfo(2), /proc/stat, /proc/loadavg, caches, timing and the disk's pace belong to the machine.",
     "Linux 2.3.23", "sysinfo(2)",
     "Load, and with patience much more, can be read through a wall. Nothing in this program stops that."},
    {6, "shared-descriptor", "What crosses every namespace?", "write(an inherited descriptor)",
     needs_namespaces, predict_shared, run_shared, nullptr,
     "Rights over a file are asked for when it is opened. A descriptor is what was granted then, wherever it "
     "is used.",
     "POSIX", "open(2), namespaces(7)",
     "What you share is shared: the writable folder above all, where a Makefile or a git hook may be planted "
     "for you to run "
     "later. cloche closes all descriptors but 0, 1 and 2."},
    {6, "host-network", "What does --net host give?", "connect(an abstract Unix socket)", needs_namespaces,
     predict_network, run_network, nullptr,
     "Abstract sockets belong to the network namespace, with no file and no mode to keep anybody out.",
     "Linux 3.8", "unix(7), network_namespaces(7)",
     "With the host's network come its local services: buses, agents, X11. Landlock closes the abstract ones "
     "since Linux 6.12."},
    {6, "signals", "Is a user namespace alone a sandbox?", "kill(PID, 0)", needs_namespaces, predict_signals,
     run_signals, nullptr, "A signal needs the same uid outside, and a number to name the process by.",
     "Linux 3.8", "kill(2), pid_namespaces(7)",
     "Each layer closes one thing. What one of them leaves open another has to close, and what none does is "
     "in this "
     "chapter."},
});

}  // namespace

std::span<const Experiment> chapter_remains() {
  return kExperiments;
}

}  // namespace cloche::lab
