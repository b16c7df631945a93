// The kernel's own doors, and the payload's privileges.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rows.h"

namespace cloche::testing {
using enum Control;
namespace {

/// A virtual machine without hardware's help (PVM) has none: what tries it is killed as by any bad
/// instruction.
bool has_32_bit_entry() {
#ifdef __x86_64__
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGSEGV, SIG_DFL);  // a sanitizer has a handler of its own
    long result = 20;            // __NR_getpid of i386
    asm volatile("int $0x80" : "+a"(result) : : "r8", "r9", "r10", "r11", "memory");
    ::_exit(0);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status);
#else
  return true;
#endif
}

}  // namespace

std::vector<Row> kernel_rows() {
  const std::vector<std::string> no = {"EPERM", "ENOSYS"};
  return {
      {"add_a_key", {"add_key"}, plain, no, kFiltered},
      {"request_a_key", {"request_key", "cloche-test-{number}"}, administrator, no, kFiltered},
      {"open_the_keyring", {"keyctl"}, plain, no, kFiltered},
      {"set_up_io_uring", {"io_uring"}, plain, no, kFiltered},
      {"make_a_bpf_map", {"bpf"}, administrator, no},
      {"count_performance_events", {"perf_event_open"}, plain, no, kFiltered},
      {"handle_page_faults", {"userfaultfd"}, plain, no, kFiltered},
      {"watch_file_systems", {"fanotify"}, plain, no, kFiltered},
      {"open_by_handle", {"open_by_handle_at", "/etc/hostname"}, administrator, no},
      {"set_the_clock", {"clock_settime"}, administrator, no},
      {"set_the_time_of_day", {"settimeofday"}, administrator, no},
      {"adjust_the_clock", {"adjtimex"}, administrator, no},
      {"reboot", {"reboot"}, administrator, no},
      {"load_another_kernel", {"kexec_load"}, administrator, no},
      {"load_another_kernel_from_a_file", {"kexec_file_load"}, administrator, no},
      {"load_a_module", {"init_module"}, administrator, no},
      {"load_a_module_file", {"finit_module"}, administrator, no},
      {"remove_a_module", {"delete_module"}, administrator, no},
      {"swap_on", {"swapon", "{project}/file"}, administrator, no},
      {"swap_off", {"swapoff", "{project}/file"}, administrator, no},
      {"ask_for_quotas", {"quotactl"}, administrator, no, kFiltered},
      {"switch_accounting_on", {"acct"}, administrator, no},
      {"read_the_log_of_the_kernel", {"syslog"}, administrator, no, kFiltered},
      {"get_io_privilege", {"iopl"}, administrator, no},
      {"get_io_ports", {"ioperm"}, administrator, no},
      {"hang_up_the_terminal", {"vhangup"}, administrator, no},
      {"set_the_host_name", {"sethostname"}, namespaces, no},
      {"set_the_domain_name", {"setdomainname"}, namespaces, no},
      {"weaken_the_personality", {"personality"}, plain, no, kFiltered},
      has_32_bit_entry() ? Row{"call_the_32_bit_entry", {"int80"}, plain, {"SIGSYS"}, kFiltered}
                         : Row{"call_the_32_bit_entry", {"int80"}, administrator, {"SIGSEGV"}, kFiltered},
      {"call_by_an_x32_number", {"x32"}, administrator, {"SIGSYS", "ENOSYS"}},
      {"make_an_unknown_call", {"unknown_call"}, administrator, {"ENOSYS"}},
      {"move_pages_of_init", {"migrate_pages", "1"}, administrator, no, kFiltered},
  };
}

std::vector<Row> privilege_rows() {
  std::vector<Row> result;
  // Root inside keeps what package tools need: chown, dac_override, fowner, fsetid, kill, setgid, setuid,
  // setpcap, net_bind_service, sys_chroot, audit_write and setfcap at most. Nothing of it reaches the mounts.
  const std::string package_tools = "a00405fb";
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
    const std::string name = set;
    const Control control = name == "CapInh" || name == "CapAmb" ? administrator
                            : name == "CapBnd"                   ? plain
                                                                 : namespaces;
    result.push_back(
        {"hold_a_capability_in_" + name, {"hold_capabilities", name}, control, {"NONE"}, kNotRoot});
    result.push_back({"hold_a_capability_over_the_mounts_in_" + name,
                      {"hold_capabilities", name, package_tools},
                      control,
                      {"NONE"},
                      kAsRoot});
  }
  const std::vector<std::string> no = {"EPERM", "ENOSYS", "EACCES"};
  result.insert(
      result.end(),
      {
          {"raise_an_ambient_capability", {"raise_ambient_capability"}, administrator, no},
          {"set_capabilities", {"capset"}, namespaces, no},
          {"run_without_no_new_privs", {"lack_no_new_privs"}, plain, {"SET"}},
          {"clear_no_new_privs", {"clear_no_new_privs"}, administrator, {"EINVAL"}},
          {"run_without_a_filter", {"lack_filter"}, plain, {"FILTERED"}, kFiltered},
          {"run_with_unlocked_securebits", {"lack_locked_securebits"}, plain, {"LOCKED"}, kNotRoot},
          {"set_the_securebits", {"set_securebits"}, namespaces, no},
          {"become_another_user", {"setresuid", "1"}, administrator, {"EPERM", "EINVAL"}, kNotRoot},
          {"become_an_unmapped_user", {"setresuid", "4000000"}, administrator, {"EPERM", "EINVAL"}},
          {"become_another_group", {"setresgid", "1"}, administrator, {"EPERM", "EINVAL"}, kNotRoot},
          {"take_another_group", {"setgroups"}, administrator, {"EPERM"}, kNotRoot},
          {"map_ids", {"map_ids"}, administrator, {"EPERM", "EACCES", "EROFS"}},
          {"give_a_file_capabilities",
           {"set_file_capability", "{project}/file"},
           namespaces,
           {"EPERM"},
           kNotRoot},
          {"raise_a_limit", {"raise_limit"}, administrator, {"EPERM"}},
          {"lower_the_niceness", {"lower_niceness"}, administrator, {"EACCES", "EPERM"}},
      });
  return result;
}

}  // namespace cloche::testing
