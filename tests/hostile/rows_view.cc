// Files, mounts and namespaces.
#include "rows.h"

namespace cloche::testing {
namespace {
using enum Control;

/// A change of a file that is shared read-only: visible, and not to be touched.
Row read_only(const std::string& name, const std::vector<std::string>& act) {
  return {.name = name + "_in_a_read_only_folder",
          .act = act,
          .control = plain,
          .answers = {"EROFS"},
          .options = {"--ro", "{private}"}};
}

}  // namespace

std::vector<Row> file_rows() {
  return {
      {"read_a_secret_of_the_home", {"read_file", "{secret}"}, plain, {"ENOENT"}},
      {"read_an_ssh_key", {"read_file", "{key}"}, plain, {"ENOENT"}},
      {"list_the_home", {"find_in_folder", "{home}", "{private_name}"}, plain, {"ABSENT"}},
      {"read_a_file_of_tmp", {"read_file", "{temporary_secret}"}, plain, {"ENOENT"}},
      {"list_tmp", {"find_in_folder", "/tmp", "{temporary_name}"}, plain, {"ABSENT"}},
      {"climb_to_a_secret", {"climb", "{secret}"}, plain, {"ENOENT"}},
      {"climb_from_the_working_folder",
       {"climb_from_working_folder", "../{private_name}/secret"},
       plain,
       {"ENOENT"}},
      {"read_through_a_link", {"read_through_own_link", "{secret}"}, plain, {"ENOENT"}},
      {"write_through_a_link", {"write_through_own_link", "{secret}"}, plain, {"ENOENT"}},
      {"write_a_secret", {"write_existing", "{secret}", "x"}, plain, {"ENOENT"}},
      {"remove_a_secret", {"remove_file", "{secret}"}, plain, {"ENOENT"}},
      {"make_a_file_beside_a_secret", {"create_file", "{private}/new"}, plain, {"ENOENT"}},
      {"link_to_a_secret", {"hard_link", "{secret}", "{project}/link"}, plain, {"ENOENT"}},
      {"write_into_the_home", {"create_file", "{home}/.cloche-test-{number}"}, administrator, {"OK"}},
      {"write_the_start_file_of_the_shell", {"create_file", "{home}/.bashrc"}, administrator, {"OK"}},
      {"write_into_tmp", {"create_file", "/tmp/cloche-test-{number}"}, administrator, {"OK"}},
      {"write_into_var_tmp", {"create_file", "/var/tmp/cloche-test-{number}"}, administrator, {"OK"}},
      {"write_into_shared_memory", {"create_file", "/dev/shm/cloche-test-{number}"}, administrator, {"OK"}},
      {"write_into_the_system", {"write_somewhere"}, administrator, {"NOWHERE"}},
      {"list_another_home", {"open_for_reading", "/root"}, administrator, {"ENOENT", "EACCES"}},
      {"read_the_password_hashes",
       {"read_file", "/etc/shadow"},
       administrator,
       {"EACCES", "ENOENT", "EMPTY"}},
      read_only("write", {"write_existing", "{secret}", "x"}),
      read_only("create", {"create_file", "{private}/new"}),
      read_only("make_a_folder", {"make_folder", "{private}/new"}),
      read_only("remove", {"remove_file", "{secret}"}),
      read_only("rename", {"rename_file", "{secret}", "{private}/renamed"}),
      read_only("truncate", {"truncate_file", "{secret}"}),
      read_only("change_the_mode", {"change_mode", "{secret}"}),
      read_only("change_the_times", {"change_times", "{secret}"}),
      read_only("set_an_attribute", {"set_attribute", "{secret}"}),
      read_only("link", {"hard_link", "{secret}", "{private}/link"}),
      {"read_what_is_hidden",
       {"read_file", "{secret}"},
       plain,
       {"EACCES", "ENOENT", "EPERM", "EMPTY"},
       kNotRoot,
       {"--ro", "{private}", "--hide", "{secret}"}},
      {"list_what_is_hidden",
       {"find_in_folder", "{private}/.ssh", "id_ed25519"},
       plain,
       {"EACCES", "ENOENT", "EPERM", "ABSENT"},
       kEverywhere,
       {"--ro", "{private}", "--hide", "{private}/.ssh"}},
      {"find_a_leaked_descriptor", {"find_leaked_fd"}, plain, {"ABSENT"}},
      {"use_a_leaked_descriptor", {"use_leaked_fd", "{leaked}", "secret"}, plain, {"EBADF"}},
      {"climb_from_a_leaked_descriptor",
       {"use_leaked_fd", "{leaked}", "../../../etc/hostname"},
       plain,
       {"EBADF"}},
      {"make_a_device", {"make_device", "c", "1", "3"}, administrator, {"EPERM", "EACCES"}},
      {"make_a_disk", {"make_device", "b", "254", "0"}, administrator, {"EPERM", "EACCES"}},
      {"find_a_device", {"find_device"}, plain, {"NONE"}},
      {"open_the_kernel_log",
       {"open_for_reading", "/dev/kmsg"},
       administrator,
       {"ENOENT", "EACCES", "EPERM"}},
      {"open_memory", {"open_for_writing", "/dev/mem"}, administrator, {"ENOENT", "EACCES"}},
      {"become_root_by_setuid", {"become_through_setuid", "/usr/bin/su"}, plain, {"SAME-USER"}},
      {"make_a_file_immutable",
       {"make_immutable", "{project}/file"},
       administrator,
       {"EPERM", "ENOTTY", "EACCES"}},
  };
}

std::vector<Row> mount_rows() {
  const std::vector<std::string> no = {"EPERM", "ENOSYS"};
  return {
      {"mount_a_tmpfs", {"mount_tmpfs"}, namespaces, no},
      {"mount_proc", {"mount_proc"}, namespaces, no},
      {"mount_a_bind", {"mount_bind"}, namespaces, no},
      {"mount_an_overlay", {"mount_overlay"}, namespaces, no},
      {"move_a_mount", {"mount_move"}, namespaces, no},
      {"share_the_mounts", {"mount_shared"}, namespaces, no},
      {"remount_the_root_writable", {"remount_writable", "/"}, namespaces, no},
      {"remount_the_system_writable", {"remount_writable", "/usr"}, administrator, no},
      {"unmount_proc", {"unmount", "/proc"}, namespaces, no},
      {"unmount_the_system", {"unmount", "/usr"}, administrator, no},
      {"unmount_what_covers_proc", {"unmount", "/proc/sys"}, administrator, no},
      {"pivot_the_root", {"pivot_root"}, namespaces, no},
      {"clone_a_mount_tree", {"open_tree"}, namespaces, no},
      {"move_a_mount_tree", {"move_mount"}, namespaces, no},
      {"open_a_file_system", {"fsopen"}, namespaces, no},
      {"reconfigure_a_file_system", {"fspick"}, administrator, {"EPERM", "ENOSYS", "EINVAL"}},
      {"mount_a_new_file_system", {"fsmount"}, namespaces, no},
      {"make_the_root_writable", {"mount_setattr_writable", "/"}, namespaces, no},
      {"make_the_system_writable", {"mount_setattr_writable", "/usr"}, administrator, no},
      {"let_setuid_bits_count", {"mount_setattr_suid", "/"}, namespaces, no},
      {"change_the_root", {"chroot"}, namespaces, no, kNotRoot},
      {"escape_from_a_changed_root", {"escape_chroot", "{secret}"}, namespaces, {"EPERM", "ENOSYS"}},
      {"find_a_mount_that_honours_setuid", {"find_mount_without", "nosuid"}, plain, {"NONE"}},
      {"find_a_mount_with_devices", {"find_mount_without", "nodev", "/dev"}, plain, {"NONE"}},
      {"find_a_writable_mount",
       {"find_mount_without", "ro", "/dev", "/proc", "/tmp", "/var/tmp", "/run", "{home}"},
       plain,
       {"NONE"}},
      {"find_a_mount_that_propagates", {"find_propagation"}, administrator, {"NONE"}},
  };
}

std::vector<Row> namespace_rows() {
  std::vector<Row> result;
  for (const char* kind : {"user", "mount", "pid", "net", "ipc", "uts", "cgroup", "time"}) {
    const std::string name = kind;
    // A user namespace is what every user may make; the other kinds want a capability too.
    const bool user = name == "user";
    const Control control = user ? plain : namespaces;
    const unsigned where = user ? kFiltered : kEverywhere;
    result.push_back(
        {"unshare_a_" + name + "_namespace", {"unshare", name}, control, {"EPERM", "ENOSYS"}, where});
    result.push_back(
        {"clone3_a_" + name + "_namespace", {"clone3", name}, control, {"EPERM", "ENOSYS"}, where});
    // clone(2) has no room for the time namespace's flag: its bit is one of the signal's.
    if (name != "time") {
      result.push_back(
          {"clone_a_" + name + "_namespace", {"clone", name}, control, {"EPERM", "ENOSYS"}, where});
    }
  }
  for (const char* kind : {"mnt", "user", "pid", "net"}) {
    const std::string name = kind;
    result.push_back({"join_the_" + name + "_namespace_of_the_host",
                      {"join_namespace", "{pid}", name},
                      administrator,
                      {"ENOENT"}});
    result.push_back({"join_the_" + name + "_namespace_of_init",
                      {"join_namespace", "1", name},
                      administrator,
                      {"EACCES", "EPERM"}});
  }
  const std::vector<std::string> locked = {"EPERM", "EINVAL", "ENOSYS"};
  result.insert(
      result.end(),
      {
          {"join_init_by_pidfd",
           {"join_by_pidfd", "1", "mount"},
           administrator,
           {"EPERM", "EACCES", "ENOSYS"}},
          {"make_the_root_writable_one_level_down", {"nested_remount", "/"}, administrator, locked},
          {"make_the_system_writable_one_level_down", {"nested_remount", "/usr"}, administrator, locked},
          {"uncover_proc_one_level_down", {"nested_unmount", "/proc/sys"}, administrator, locked},
          {"unmount_the_system_one_level_down", {"nested_unmount", "/usr"}, administrator, locked},
          {"mount_a_bare_proc_one_level_down", {"nested_proc"}, administrator, locked},
      });
  return result;
}

}  // namespace cloche::testing
