// The kernel asked directly: calls that a build has no use for, and every other way of making a call.
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <sys/acct.h>
#include <sys/fanotify.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/quota.h>
#include <sys/reboot.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "act.h"

namespace acts {
namespace {

// Keyrings belong to users, not to namespaces: what one sandbox puts there, another finds.
Result add_key(const Words&) {
  return did(::syscall(SYS_add_key, "user", "hostile", "x", 1, KEY_SPEC_PROCESS_KEYRING));
}
Result request_key(const Words& words) {
  return did(::syscall(SYS_request_key, "user", words.at(0).c_str(), nullptr, 0));
}
Result read_keyring(const Words&) {
  return did(::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1));
}

Result io_uring(const Words&) {
  io_uring_params parameters{};
  return did(::syscall(SYS_io_uring_setup, 1, &parameters));
}
Result bpf_map(const Words&) {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_ARRAY;
  attributes.key_size = attributes.value_size = 4;
  attributes.max_entries = 1;
  return did(::syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes));
}
Result perf_event(const Words&) {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.size = sizeof attributes;
  attributes.config = PERF_COUNT_SW_TASK_CLOCK;
  attributes.exclude_kernel = attributes.exclude_hv = 1;
  return did(::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
}
Result userfault(const Words&) {
  return did(::syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY));
}
Result watch_everything(const Words&) {
  return did(::syscall(SYS_fanotify_init, FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY));
}

Result open_by_handle(const Words& words) {
  alignas(file_handle) char buffer[sizeof(file_handle) + MAX_HANDLE_SZ] = {};
  auto* handle = reinterpret_cast<file_handle*>(buffer);
  handle->handle_bytes = MAX_HANDLE_SZ;
  int mount = 0;
  // A handle needs no path to the file: any number will do for the asking.
  if (::name_to_handle_at(AT_FDCWD, words.at(0).c_str(), handle, &mount, 0) != 0) handle->handle_bytes = 8;
  const int folder = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return did(::syscall(SYS_open_by_handle_at, folder, handle, O_RDONLY));
}

Result set_clock(const Words&) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return did(::clock_settime(CLOCK_REALTIME, &now));
}
Result set_time_of_day(const Words&) {
  timeval now{};
  ::gettimeofday(&now, nullptr);
  return did(::settimeofday(&now, nullptr));
}
Result adjust_clock(const Words&) {
  timex change{};
  change.modes = ADJ_TICK;
  change.tick = 10000;
  return did(::adjtimex(&change));
}

Result reboot_host(const Words&) {
  return did(::reboot(RB_ENABLE_CAD));
}
Result kexec(const Words&) {
  return did(::syscall(SYS_kexec_load, 0, 0, nullptr, 0));
}
Result kexec_file(const Words&) {
  return did(::syscall(SYS_kexec_file_load, -1, -1, 0, nullptr, 0));
}
Result load_module(const Words&) {
  return did(::syscall(SYS_init_module, "x", 1, ""));
}
Result load_module_file(const Words&) {
  return did(::syscall(SYS_finit_module, 0, "", 0));
}
Result remove_module(const Words&) {
  return did(::syscall(SYS_delete_module, "no_such_module", O_NONBLOCK));
}
Result swap_on(const Words& words) {
  return did(::swapon(words.at(0).c_str(), 0));
}
Result swap_off(const Words& words) {
  return did(::swapoff(words.at(0).c_str()));
}
Result ask_quota(const Words&) {
  return did(::quotactl(QCMD(Q_SYNC, USRQUOTA), "/dev/nowhere", 0, nullptr));
}
Result account(const Words&) {
  return did(::acct("/tmp/accounting"));
}
Result read_kernel_log(const Words&) {
  char buffer[64];
  const int count = ::klogctl(3, buffer, sizeof buffer);
  return count < 0 ? refused() : succeeded();
}
Result io_privilege(const Words&) {
  return did(::iopl(3));
}
Result io_ports(const Words&) {
  return did(::ioperm(0x80, 1, 1));
}
Result hang_up(const Words&) {
  return did(::vhangup());
}
Result set_host_name(const Words&) {
  return did(::sethostname("hostile", 7));
}
Result set_domain_name(const Words&) {
  return did(::setdomainname("hostile", 7));
}

/// READ_IMPLIES_EXEC and the layouts of old make every later program easier to break.
Result weaken_personality(const Words&) {
  return did(::personality(READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE));
}

/// getpid by the 32-bit entry: a filter for 64-bit numbers never sees what is meant.
Result call_32_bit(const Words&) {
#if defined(__x86_64__)
  long result = 20;  // __NR_getpid of i386
  asm volatile("int $0x80" : "+a"(result) : : "r8", "r9", "r10", "r11", "memory");
  if (result < 0) return refused(static_cast<int>(-result));
  return succeeded();
#else
  return untried("this machine has no 32-bit entry of that kind");
#endif
}

/// getpid by its x32 number, which kernels without x32 answer with ENOSYS.
Result call_x32(const Words&) {
  return did(::syscall(0x40000000L | SYS_getpid));
}

Result unknown_call(const Words&) {
  return did(::syscall(1000));
}

// The caller's terminal (its file descriptor 0).
Result push_input(const Words&) {
  const char key = '\n';
  return did(::ioctl(0, TIOCSTI, &key));
}
/// The upper half of the request is garbage: the kernel looks at 32 bits only, and so must a filter.
Result push_input_disguised(const Words&) {
  const char key = '\n';
  return did(::syscall(SYS_ioctl, 0, 0xdeadbeef00000000UL | TIOCSTI, &key));
}
Result paste_selection(const Words&) {
  char paste = 3;
  return did(::ioctl(0, TIOCLINUX, &paste));
}
Result take_terminal(const Words&) {
  ::setsid();
  return did(::ioctl(0, TIOCSCTTY, 1));
}

constexpr Act kActs[] = {
    {"add_key", add_key},
    {"request_key", request_key},
    {"keyctl", read_keyring},
    {"io_uring", io_uring},
    {"bpf", bpf_map},
    {"perf_event_open", perf_event},
    {"userfaultfd", userfault},
    {"fanotify", watch_everything},
    {"open_by_handle_at", open_by_handle},
    {"clock_settime", set_clock},
    {"settimeofday", set_time_of_day},
    {"adjtimex", adjust_clock},
    {"reboot", reboot_host},
    {"kexec_load", kexec},
    {"kexec_file_load", kexec_file},
    {"init_module", load_module},
    {"finit_module", load_module_file},
    {"delete_module", remove_module},
    {"swapon", swap_on},
    {"swapoff", swap_off},
    {"quotactl", ask_quota},
    {"acct", account},
    {"syslog", read_kernel_log},
    {"iopl", io_privilege},
    {"ioperm", io_ports},
    {"vhangup", hang_up},
    {"sethostname", set_host_name},
    {"setdomainname", set_domain_name},
    {"personality", weaken_personality},
    {"int80", call_32_bit},
    {"x32", call_x32},
    {"unknown_call", unknown_call},
    {"TIOCSTI", push_input},
    {"TIOCSTI_disguised", push_input_disguised},
    {"TIOCLINUX", paste_selection},
    {"TIOCSCTTY", take_terminal},
};

}  // namespace

std::span<const Act> kernel_acts() {
  return kActs;
}

}  // namespace acts
