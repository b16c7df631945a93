// All that the child needs after clone, in plain structs. The parent builds them (sandbox/freeze.h) in memory
// that the child sees too, or in memory of its own before the clone; nothing here owns, allocates or throws.
//
// child/ includes nothing of cloche but its own headers: what runs between clone and exec is small, is read
// as a whole, and a test over its symbols proves that it calls nothing that allocates.
#pragma once

#include <linux/filter.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <termios.h>

#include <cstddef>
#include <cstdint>

#include "child/processors.h"

namespace cloche::child {

enum class MountKind : std::uint8_t {
  bind,
  device,
  tmpfs,
  scratch,
  folder,
  proc,
  devpts,
  symlink,
  hide,
  seal,
  protect
};

struct Mount {
  MountKind kind;
  bool writable;
  bool may_be_gone;    ///< passed over where its source is gone
  bool optional;       ///< passed over as well where its place cannot be made
  std::uint32_t mode;  ///< of a folder that is made for it
  std::uint64_t size;  ///< bytes, 0: the kernel's default
  const char* source;
  const char* destination;  ///< absolute, inside the new root
};

struct Rlimit {
  int resource;
  rlimit64 limit;
};

struct LandlockTree {
  const char* path;
  std::uint64_t rights;       ///< LANDLOCK_ACCESS_FS_* for a folder
  std::uint64_t file_rights;  ///< the part of them that a file can have
};

struct LandlockPort {
  std::uint64_t rights;  ///< LANDLOCK_ACCESS_NET_*
  std::uint64_t port;
};

struct Landlock {
  bool on;
  std::uint64_t handled_fs, handled_net, scoped;
  std::size_t attribute_size;  ///< how much of landlock_ruleset_attr this kernel knows
  const LandlockTree* trees;
  std::size_t tree_count;
  const LandlockPort* ports;
  std::size_t port_count;
  bool trust_no_links;  ///< hostile processes live in the view already: a link in a tree's path is refused
  /// Granted on the files behind inherited descriptors, so that /dev/stdout can be opened again.
  std::uint64_t read_file, write_file;
};

/// What each step is called when it fails; sandbox/failure.cc has the sentence and the remedy for each.
enum class Step : std::uint32_t {
  none,
  handshake,  ///< cloche itself went away or sent what nobody expects
  private_mounts,
  open_source,      ///< index: mount
  restrict_source,  ///< index: mount
  make_root,
  make_destination,  ///< index: mount; EROFS: it would have to be made on the host
  attach,            ///< index: mount
  mount_tmpfs,       ///< index: mount
  mount_proc,        ///< index: mount
  mount_devpts,      ///< index: mount
  symlink,           ///< index: mount
  pivot,
  seal_root,
  hostname,
  namespaces,
  loopback,
  terminal,
  session,
  enter,  ///< index: door
  init_identity,
  spawn,
  cgroup_namespace,
  cgroup_mount,
  groups,
  ids,
  rlimit,  ///< index: rlimit
  capabilities,
  workdir,
  landlock,  ///< index: tree, or after the trees: port
  label,
  no_new_privileges,
  seccomp,
  listener,
  exec  ///< errno: of the best candidate
};

/// How far pid 1 is with the view, in order.
enum class ViewStage : std::uint32_t {
  none,
  mapped,  ///< the ids are there
  built,   ///< it is the root; the host's still hangs over it, reached by ".." at the root
  closed   ///< nothing leads to the host's root
};

/// Written by the child into memory that it shares with the parent, so that reporting a failure needs no
/// system call, whatever the filter refuses. `step` is written last.
struct Failure {
  std::uint32_t index;
  std::int32_t error;
  volatile Step step;
  std::uint32_t view;   ///< a ViewStage, a futex: what the payload may do already
  std::int32_t sender;  ///< how far the listener's sender is (sender.cc); a futex
};

struct Frozen {
  // The way to the parent.
  int control;         ///< SOCK_SEQPACKET, child's end (messages.h)
  int parent_control;  ///< the parent's end, closed first of all
  Failure* failure;    ///< shared memory
  /// Pid 1's own, while systemd is asked to move it into a scope; null: it is not, or no longer.
  const char* cgroup_to_leave;
  Processors processors;  ///< those that cloche may run on
  bool own_network;       ///< a network namespace with a loopback; what stands below this line is the plan

  // The view.
  const Mount* mounts;
  std::size_t mount_count;
  int* source_fds;           ///< room for mount_count, all -1
  const char* root_size;     ///< size= of the root's tmpfs, null for the kernel's default
  bool cgroup_view;          ///< show the payload's cgroup at /sys/fs/cgroup
  bool awaits_placeholders;  ///< what the steps of kind protect lie on is being laid still
  bool payload_first;  ///< it has no cgroup, terminal or tracer to wait for: it gets ready beside the view
  bool may_share;      ///< it may get ready in pid 1's memory (sharing.h)
  bool closes_view;    ///< pid 1 takes the host's root away while the payload gets ready
  const char* hostname;

  // Who.
  uid_t uid;
  gid_t gid;
  bool drop_groups;  ///< setgroups is allowed (ids mapped through the helpers)
  std::uint64_t keep_capabilities;
  bool root_semantics;  ///< uid 0 gets the kept capabilities back at exec
  bool dumpable_init;   ///< never set outside of tests under a tracer

  // Terminal: a pty of its own where `tty`, else a session without one.
  bool tty;
  bool terminal_fds[3];  ///< which of 0, 1, 2 become the pty; the others stay what the caller gave
  bool has_termios;
  termios modes;
  winsize window;

  // The payload.
  const char* const* argv;
  const char* const* envp;
  const char* const* candidates;  ///< paths to execute, tried in order, null-terminated
  const char** shell_argv;        ///< {"/bin/sh", SLOT, argv[1]…}: for a script without #!
  const char* workdir;
  const int* kept_fds;
  std::size_t kept_fd_count;
  const Rlimit* rlimits;
  std::size_t rlimit_count;
  mode_t umask;
  Landlock landlock;
  const char* exec_label;  ///< written to label_path before exec, null for none
  const char* exec_label_path;
  bool label_reads_back;  ///< as it was written, or it was taken for another
  sock_fprog filter;      ///< len 0: none
  /// The same, but refused calls ask the listener, whose descriptor goes to the parent; len 0: nobody
  /// listens.
  sock_fprog listened_filter;
  bool refuses_sending;   ///< it would refuse that its listener is sent
  bool filter_first;      ///< it lets pass all that comes before exec: it is loaded while the view is built
  unsigned filter_flags;  ///< SECCOMP_FILTER_FLAG_* of both, besides those of the listener
};

/// A namespace of a running sandbox: its descriptor and its CLONE_NEW… flag.
struct Door {
  int fd;
  int kind;
};

/// The sandbox's pid 1, entered right after clone3; never returns.
[[noreturn]] void init_main(const Frozen& frozen);

/// Enters a running sandbox by its doors, in their order, and runs a further payload there (enter.cc). Called
/// right after a clone without new namespaces; never returns.
[[noreturn]] void enter_main(const Frozen& frozen, const Door* doors, std::size_t count);

}  // namespace cloche::child
