// Processes, /proc and /sys, sockets: what else the host has than files.
#include "rows.h"

namespace cloche::testing {
using enum Control;

std::vector<Row> process_rows() {
  const std::vector<std::string> nobody = {"ESRCH", "EPERM", "ENOSYS"};
  const std::vector<std::string> no = {"EPERM", "EACCES", "ENOSYS"};
  return {
      {"see_a_process_of_the_host", {"see_process", "{pid}", "{called}", "{called_too}"}, plain, {"ENOENT"}},
      {"find_a_process_of_the_host", {"find_process", "{called}", "{called_too}"}, plain, {"ABSENT"}},
      {"kill_a_process_of_the_host", {"kill", "{pid}"}, plain, nobody},
      {"trace_a_process_of_the_host", {"ptrace_attach", "{pid}"}, plain, nobody},
      {"seize_a_process_of_the_host", {"ptrace_seize", "{pid}"}, plain, nobody},
      {"hold_a_process_of_the_host", {"pidfd_open", "{pid}"}, plain, nobody},
      {"take_a_descriptor_of_the_host", {"pidfd_getfd", "{pid}"}, plain, nobody},
      {"read_memory_of_the_host", {"process_vm_readv", "{pid}", "{address}"}, plain, nobody},
      {"write_memory_of_the_host", {"process_vm_writev", "{pid}", "{address}"}, plain, nobody},
      {"compare_with_a_process_of_the_host", {"kcmp", "{pid}"}, plain, nobody},
      {"slow_a_process_of_the_host", {"setpriority", "{pid}"}, plain, nobody},
      {"limit_a_process_of_the_host", {"prlimit", "{pid}"}, plain, nobody},
      {"pin_a_process_of_the_host", {"sched_setaffinity", "{pid}"}, plain, nobody},
      {"kill_init", {"kill_init", "9"}, administrator, {"IGNORED", "EPERM"}},
      {"terminate_init", {"kill_init", "15"}, administrator, {"IGNORED", "EPERM"}},
      {"stop_init", {"kill_init", "19"}, administrator, {"IGNORED", "EPERM"}},
      {"abort_init", {"kill_init", "6"}, administrator, {"IGNORED", "EPERM"}},
      {"trace_init", {"ptrace_attach", "1"}, administrator, no},
      {"seize_init", {"ptrace_seize", "1"}, administrator, no},
      {"take_a_descriptor_of_init", {"pidfd_getfd", "1"}, administrator, no},
      {"read_memory_of_init", {"process_vm_readv", "1", "{address}"}, administrator, no},
      {"compare_with_init", {"kcmp", "1"}, administrator, no},
      {"attach_shared_memory_of_the_host", {"shmat", "{number}"}, plain, {"ENOENT"}},
      {"find_a_message_queue_of_the_host", {"msgget", "{number}"}, plain, {"ENOENT"}},
      {"find_semaphores_of_the_host", {"semget", "{number}"}, plain, {"ENOENT"}},
      {"open_posix_memory_of_the_host", {"shm_open", "{memory}"}, plain, {"ENOENT"}},
  };
}

std::vector<Row> proc_rows() {
  const std::vector<std::string> no = {"EACCES", "EPERM", "ENOENT"};
  const std::vector<std::string> sealed = {"EROFS", "EACCES", "EPERM", "ENOENT"};
  const std::vector<std::string> masked = {"EACCES", "EPERM", "ENOENT", "EMPTY"};
  std::vector<Row> result = {
      {"look_into_the_root_of_init", {"read_file", "/proc/1/root/etc/passwd"}, administrator, no},
      {"look_into_the_folder_of_init", {"open_for_reading", "/proc/1/cwd"}, administrator, no},
      {"open_the_program_of_init", {"open_for_reading", "/proc/1/exe"}, administrator, no},
      {"overwrite_the_program_of_init", {"open_for_writing", "/proc/1/exe"}, administrator, no},
      {"open_memory_of_init", {"open_for_writing", "/proc/1/mem"}, administrator, no},
      {"read_the_memory_map_of_init",
       {"read_file", "/proc/1/maps"},
       administrator,
       {"EACCES", "EPERM", "EMPTY"}},
      {"read_the_environment_of_init", {"read_file", "/proc/1/environ"}, administrator, no},
      {"list_the_descriptors_of_init", {"find_in_folder", "/proc/1/fd", "3"}, administrator, no},
      {"overwrite_the_own_program",
       {"open_for_writing", "/proc/self/exe"},
       administrator,
       {"ETXTBSY", "EROFS", "EACCES"}},
      {"set_the_name_through_proc",
       {"write_existing", "/proc/sys/kernel/hostname", "hostile"},
       administrator,
       sealed},
      {"set_the_core_pattern", {"open_for_writing", "/proc/sys/kernel/core_pattern"}, administrator, sealed},
      {"set_the_module_helper", {"open_for_writing", "/proc/sys/kernel/modprobe"}, administrator, sealed},
      {"drop_the_caches", {"open_for_writing", "/proc/sys/vm/drop_caches"}, administrator, sealed},
      {"set_overcommit", {"open_for_writing", "/proc/sys/vm/overcommit_memory"}, administrator, sealed},
      {"forward_packets", {"open_for_writing", "/proc/sys/net/ipv4/ip_forward"}, namespaces, sealed},
      {"allow_user_namespaces",
       {"open_for_writing", "/proc/sys/user/max_user_namespaces"},
       namespaces,
       sealed},
      {"register_a_binary_format",
       {"open_for_writing", "/proc/sys/fs/binfmt_misc/register"},
       administrator,
       sealed},
      {"press_sysrq", {"open_for_writing", "/proc/sysrq-trigger"}, administrator, sealed},
      {"steer_interrupts", {"open_for_writing", "/proc/irq/default_smp_affinity"}, administrator, sealed},
      {"protect_itself_from_the_oom_killer",
       {"write_existing", "/proc/self/oom_score_adj", "-1000"},
       administrator,
       {"EACCES", "EPERM"}},
      {"read_kernel_memory", {"read_file", "/proc/kcore"}, administrator, masked},
      {"read_the_keys", {"read_file", "/proc/keys"}, administrator, masked},
      {"read_the_kernel_log_file", {"read_file", "/proc/kmsg"}, administrator, masked},
      {"read_the_timers", {"read_file", "/proc/timer_list"}, administrator, masked},
      {"read_the_interrupts", {"read_file", "/proc/interrupts"}, plain, masked},
      {"see_the_interfaces_in_sys",
       {"find_in_folder", "/sys/class/net", "{interface}"},
       plain,
       {"ENOENT", "ABSENT"}},
      {"suspend_the_machine", {"open_for_writing", "/sys/power/state"}, administrator, sealed},
      {"set_the_uevent_helper", {"open_for_writing", "/sys/kernel/uevent_helper"}, administrator, sealed},
      {"read_the_firmware",
       {"find_in_folder", "/sys/firmware", "dmi"},
       administrator,
       {"ENOENT", "EACCES", "ABSENT"}},
      {"write_a_cgroup", {"open_for_writing", "/sys/fs/cgroup/cgroup.procs"}, administrator, sealed},
      {"read_a_secret_of_the_environment", {"find_in_environment", "{token}"}, plain, {"ABSENT"}},
  };
  return result;
}

std::vector<Row> socket_rows() {
  const std::vector<std::string> no = {"EPERM",        "EACCES", "ENOSYS",
                                       "EAFNOSUPPORT", "EINVAL", "EPROTONOSUPPORT"};
  return {
      {"open_a_raw_socket", {"socket", "2", "3", "1"}, namespaces, no},
      {"open_a_raw_socket_of_version_6", {"socket", "10", "3", "58"}, namespaces, no},
      {"open_a_packet_socket", {"socket", "17", "3", "0x300"}, namespaces, no},
      {"reach_the_hypervisor", {"connect_vsock", "2"}, plain, no, kFiltered},
      {"reach_the_machine_by_vsock", {"connect_vsock", "1"}, plain, no, kFiltered},
      {"make_a_vsock_pair",
       {"socketpair", "40", "1", "0"},
       administrator,
       {"EOPNOTSUPP", "EPERM", "EACCES", "EAFNOSUPPORT"}},
      {"connect_to_an_abstract_socket", {"connect_abstract", "{abstract}"}, plain, {"ECONNREFUSED"}},
      {"connect_to_a_socket_of_the_home", {"connect_path", "{socket}"}, plain, {"ENOENT"}},
      {"connect_to_a_port_of_the_host", {"connect_tcp", "127.0.0.1", "{tcp}"}, plain, {"ECONNREFUSED"}},
      {"send_a_datagram_to_the_host", {"exchange_udp", "127.0.0.1", "{udp}"}, plain, {"ECONNREFUSED"}},
      {"connect_to_the_internet", {"connect_tcp", "192.0.2.1", "80"}, administrator, {"ENETUNREACH"}},
      {"see_the_interfaces", {"see_interface", "{interface}"}, plain, {"ENODEV"}},
      {"take_the_loopback_down", {"configure_network"}, namespaces, {"EPERM"}},
      {"add_an_interface", {"add_interface"}, namespaces, no},
  };
}

}  // namespace cloche::testing
