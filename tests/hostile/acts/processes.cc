// Other processes: those of the host, and pid 1 of the sandbox.
#include <dirent.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>

#include "act.h"

namespace acts {
namespace {

pid_t pid_of(const Words& words) {
  return static_cast<pid_t>(std::atoi(words.at(0).c_str()));
}

/// What to look for comes in two halves, so that no process has it in its command line for asking for it.
std::string wanted(const Words& words, std::size_t first) {
  return words.at(first) + words.at(first + 1);
}

/// words[0]: a process of the host, then what it is called. Numbers mean other things inside.
Result see_process(const Words& words) {
  const std::string name = text_of("/proc/" + words.at(0) + "/cmdline");
  if (name.empty()) return refused();
  return name.find(wanted(words, 1)) != std::string::npos ? succeeded() : refused_because("OTHER");
}

/// Looks for it in every process's command line.
Result find_process(const Words& words) {
  DIR* folder = ::opendir("/proc");
  if (folder == nullptr) return untried("no /proc");
  while (const dirent* entry = ::readdir(folder)) {
    const std::string path = std::string("/proc/") + entry->d_name + "/cmdline";
    if (text_of(path).find(wanted(words, 0)) != std::string::npos) return succeeded(path);
  }
  return refused_because("ABSENT");
}

Result send_kill(const Words& words) {
  return did(::kill(pid_of(words), SIGKILL));
}

Result may_signal(const Words& words) {
  return did(::kill(std::atoi(words.at(0).c_str()), 0));
}

/// The kernel drops what pid 1 has no handler for; what counts is that it lives.
Result kill_init(const Words& words) {
  if (::kill(1, std::atoi(words.at(0).c_str())) != 0) return refused();
  ::usleep(100000);
  return ::kill(1, 0) == 0 ? refused_because("IGNORED") : succeeded();
}

Result trace_attach(const Words& words) {
  const long result = ::ptrace(PTRACE_ATTACH, pid_of(words), nullptr, nullptr);
  if (result == 0) ::waitpid(pid_of(words), nullptr, __WALL);
  return did(result);
}
Result trace_seize(const Words& words) {
  return did(::ptrace(PTRACE_SEIZE, pid_of(words), nullptr, nullptr));
}

Result open_pidfd(const Words& words) {
  return did(::syscall(SYS_pidfd_open, pid_of(words), 0));
}

Result take_fd(const Words& words) {
  const long pidfd = ::syscall(SYS_pidfd_open, pid_of(words), 0);
  if (pidfd < 0) return refused();
  for (int fd = 0; fd < 3; ++fd) {
    if (::syscall(SYS_pidfd_getfd, pidfd, fd, 0) >= 0) return succeeded();
  }
  return refused();
}

/// words[1]: an address in the other process, in hexadecimal.
Result read_memory(const Words& words) {
  char taken = 0;
  const iovec mine{&taken, 1};
  const iovec its{reinterpret_cast<void*>(std::strtoull(words.at(1).c_str(), nullptr, 16)), 1};
  return did(::process_vm_readv(pid_of(words), &mine, 1, &its, 1, 0));
}

Result write_memory(const Words& words) {
  char given = 'X';
  const iovec mine{&given, 1};
  const iovec its{reinterpret_cast<void*>(std::strtoull(words.at(1).c_str(), nullptr, 16)), 1};
  return did(::process_vm_writev(pid_of(words), &mine, 1, &its, 1, 0));
}

Result compare(const Words& words) {
  const long result = ::syscall(SYS_kcmp, ::getpid(), pid_of(words), KCMP_VM, 0, 0);
  return result < 0 ? refused() : succeeded();
}

Result move_pages_of(const Words& words) {
  return did(::syscall(SYS_migrate_pages, pid_of(words), 0, nullptr, nullptr));
}

Result set_its_priority(const Words& words) {
  return did(::setpriority(PRIO_PROCESS, static_cast<id_t>(pid_of(words)), 19));
}

Result set_its_limit(const Words& words) {
  const rlimit none{0, 0};
  return did(::prlimit(pid_of(words), RLIMIT_CORE, &none, nullptr));
}

Result set_its_cpus(const Words& words) {
  cpu_set_t cpus;
  if (::sched_getaffinity(pid_of(words), sizeof cpus, &cpus) != 0) return refused();
  return did(::sched_setaffinity(pid_of(words), sizeof cpus, &cpus));
}

// Objects of the host that have a number or a name of their own instead of a path.
Result attach_shared_memory(const Words& words) {
  const int id = ::shmget(static_cast<key_t>(std::strtol(words.at(0).c_str(), nullptr, 10)), 0, 0);
  if (id < 0) return refused();
  return ::shmat(id, nullptr, 0) == reinterpret_cast<void*>(-1) ? refused() : succeeded();
}
Result find_message_queue(const Words& words) {
  return did(::msgget(static_cast<key_t>(std::strtol(words.at(0).c_str(), nullptr, 10)), 0));
}
Result find_semaphores(const Words& words) {
  return did(::semget(static_cast<key_t>(std::strtol(words.at(0).c_str(), nullptr, 10)), 0, 0));
}
Result open_posix_memory(const Words& words) {
  return did(::shm_open(words.at(0).c_str(), O_RDWR, 0));
}

constexpr Act kActs[] = {
    {"see_process", see_process},
    {"find_process", find_process},
    {"kill", send_kill},
    {"may_signal", may_signal},
    {"kill_init", kill_init},
    {"ptrace_attach", trace_attach},
    {"ptrace_seize", trace_seize},
    {"pidfd_open", open_pidfd},
    {"pidfd_getfd", take_fd},
    {"process_vm_readv", read_memory},
    {"process_vm_writev", write_memory},
    {"kcmp", compare},
    {"migrate_pages", move_pages_of},
    {"setpriority", set_its_priority},
    {"prlimit", set_its_limit},
    {"sched_setaffinity", set_its_cpus},
    {"shmat", attach_shared_memory},
    {"msgget", find_message_queue},
    {"semget", find_semaphores},
    {"shm_open", open_posix_memory},
};

}  // namespace

std::span<const Act> process_acts() {
  return kActs;
}

}  // namespace acts
