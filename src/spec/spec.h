// What the user asked for, and nothing else: no default filled in, no path resolved, no host consulted.
// A Spec comes from profiles (profile.h) and from the command line (cli/run_options.h), the later over the
// earlier; resolve() (plan/resolve.h) turns it into a Plan. A plain value: comparable, printable, testable.
//
// An optional that holds nothing means "not said": the default is decided in resolve(), where it can be
// told apart from a wish. Only a wish that cannot be met is an error; a default becomes a degradation.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/units.h"

namespace cloche {

/// One change of the view, in the order given: later ones lie over earlier ones.
struct ViewChange {
  enum class Kind { ro, rw, tmpfs, hide };
  Kind kind = Kind::ro;
  std::string source;                 ///< host path for ro and rw; empty otherwise
  std::string destination;            ///< path inside; empty: the source's own path
  std::optional<std::uint64_t> size;  ///< bytes, for tmpfs
  bool optional = false;              ///< for ro and rw: no error where the source is missing
  bool operator==(const ViewChange&) const = default;
};

/// How the current folder is shown, where it may be shown at all.
enum class HereMode { writable, read_only, none };

/// `self`: the caller's own numbers inside. `root`: 0 inside is the caller outside. Else numbers.
struct As {
  enum class Kind { self, root, ids };
  Kind kind = Kind::self;
  std::uint32_t uid = 0;  ///< for ids
  std::uint32_t gid = 0;
  bool operator==(const As&) const = default;
};

enum class MapMode { automatic, range, single };
enum class NetMode { none, host };
enum class LandlockMode { automatic, require, off };

/// Sets NAME to VALUE, or without a value passes the caller's own, if it has one.
struct EnvironmentChange {
  std::string name;
  std::optional<std::string> value;
  bool operator==(const EnvironmentChange&) const = default;
};

struct IoMax {
  std::string device;                           ///< /dev/sda or MAJ:MIN
  std::map<std::string, std::uint64_t> limits;  ///< rbps, wbps (bytes/s), riops, wiops
  bool operator==(const IoMax&) const = default;
};

/// infinity: RLIM_INFINITY is kUnlimited.
struct ResourceLimit {
  std::string name;  ///< lower case without RLIMIT_: "nofile"
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
  bool operator==(const ResourceLimit&) const = default;
};
inline constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};

struct LimitsSpec {
  std::optional<std::uint64_t> memory, memory_high, swap;  ///< bytes
  std::optional<std::uint64_t> cpus;                       ///< thousandths of a core
  std::optional<std::uint64_t> cpu_weight, io_weight;      ///< 1..10000
  std::optional<std::uint64_t> tasks;
  std::vector<IoMax> io_max;
  std::optional<std::string> cpuset;  ///< "0-3,7"
  std::optional<Duration> timeout, cpu_time;
  std::vector<ResourceLimit> rlimits;
  bool operator==(const LimitsSpec&) const = default;
};

/// A change of the syscall policy by a profile: names or @groups, with an action.
struct SyscallRule {
  enum class Action { allow, error, kill, log };
  std::vector<std::string> names;
  Action action = Action::allow;
  std::optional<std::uint32_t> error;  ///< errno for Action::error; EPERM where not said
  struct Condition {
    std::uint32_t argument = 0;  ///< index 0..5
    std::string compare;         ///< "==", "!=", "<", "<=", ">", ">=", "&" (masked equal)
    std::uint64_t value = 0;
    std::uint64_t mask = ~std::uint64_t{0};  ///< for "&": (argument & mask) == value
    bool operator==(const Condition&) const = default;
  };
  std::vector<Condition> when;  ///< all must hold
  bool operator==(const SyscallRule&) const = default;
};

struct PolicySpec {
  std::optional<std::string> seccomp;     ///< "default", "none" or a file's path
  std::vector<SyscallRule> syscalls;      ///< over the default list
  std::vector<std::string> capabilities;  ///< "net_bind_service", lower case without CAP_
  std::optional<LandlockMode> landlock;
  std::vector<std::uint16_t> tcp_bind, tcp_connect;  ///< ports, for --net host with Landlock ABI 4
  std::vector<std::string> allow;                    ///< weakening tokens, policy/weakenings.h
  std::vector<std::string> require;                  ///< features that must not degrade
  std::optional<std::string> apparmor, selinux_label;
  bool operator==(const PolicySpec&) const = default;
};

struct Spec {
  std::vector<std::string> command;   ///< empty: the user's shell
  std::vector<std::string> profiles;  ///< names or files, in the order given

  std::vector<ViewChange> view;
  std::optional<HereMode> here;
  std::optional<std::string> rootfs, workdir;

  std::optional<As> as;
  std::optional<MapMode> map;
  std::optional<std::string> hostname;

  std::vector<EnvironmentChange> environment;
  std::vector<std::string> pass_environment;  ///< shell globs over names
  std::vector<int> fds;

  std::optional<NetMode> net;
  LimitsSpec limits;
  PolicySpec policy;

  std::optional<std::string> name;
  std::optional<bool> tty;

  bool operator==(const Spec&) const = default;
};

}  // namespace cloche
