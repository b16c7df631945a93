#include "policy/capabilities.h"

#include <sys/capability.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace cloche {
namespace {

// The payload lives in the user namespace that owns the mounts, the network and the ids. What it could change
// them with is refused; so is what counts on the host only, because a wish that opens nothing is a mistake.
constexpr const char* kOnHostOnly = "it counts on the host only, and opens nothing in a user namespace";
constexpr auto kCapabilities = std::to_array<Capability>({
    {"chown", "giving files of the namespace's own ids to others of them", nullptr},
    {"dac_override", "reading and writing files of the namespace's own ids, whatever their modes say",
     nullptr},
    {"fowner", "changing modes, times and attributes of files of the namespace's own ids", nullptr},
    {"fsetid", "setuid and setgid bits that stay when such a file is written; nosuid makes them void",
     nullptr},
    {"ipc_lock", "locking System V shared memory of the sandbox in memory", nullptr},
    {"ipc_owner", "every System V object of the sandbox, whatever its mode says", nullptr},
    {"kill", "signalling processes of the sandbox's other users", nullptr},
    {"net_admin", "interfaces, addresses and routes of the sandbox's own network, and much kernel code",
     nullptr, true},
    {"net_bind_service", "ports below 1024 of the sandbox's own network", nullptr, true},
    {"net_raw", "raw IP sockets on the sandbox's own network, as ping uses", nullptr, true},
    {"setgid", "becoming any group of the namespace", nullptr},
    {"setuid", "becoming any user of the namespace", nullptr},
    {"sys_nice", "priority, scheduling and cores of processes of the sandbox's other users", nullptr},
    {"sys_resource", "resource limits of processes of the sandbox's other users", nullptr},
    {"audit_control", nullptr, kOnHostOnly},
    {"audit_read", nullptr, kOnHostOnly},
    {"audit_write", nullptr, kOnHostOnly},
    {"block_suspend", nullptr, kOnHostOnly},
    {"bpf", nullptr, "it loads programs into the kernel"},
    {"checkpoint_restore", nullptr, "it steers ids and processes from outside of their limits"},
    {"dac_read_search", nullptr, "it opens files by handle, around every mount"},
    {"lease", nullptr, kOnHostOnly},
    {"linux_immutable", nullptr, kOnHostOnly},
    {"mac_admin", nullptr, "it changes the host's security policy"},
    {"mac_override", nullptr, "it goes around the host's security policy"},
    {"mknod", nullptr, "device nodes are never usable inside"},
    {"net_broadcast", nullptr, "the kernel asks for it nowhere"},
    {"perfmon", nullptr, "it watches the kernel and other processes"},
    {"setfcap", nullptr, "it writes capabilities onto files of a shared folder"},
    {"setpcap", nullptr, "it changes the bounding set and the security bits"},
    {"sys_admin", nullptr, "it can undo the mounts that hide and protect files"},
    {"sys_boot", nullptr, "it reaches the whole machine"},
    {"sys_chroot", nullptr, "with it a process leaves the sandbox's root"},
    {"sys_module", nullptr, "it loads code into the kernel"},
    {"sys_pacct", nullptr, kOnHostOnly},
    {"sys_ptrace", nullptr, "it reads and steers pid 1 of the sandbox"},
    {"sys_rawio", nullptr, "it reaches the hardware"},
    {"sys_time", nullptr, kOnHostOnly},
    {"sys_tty_config", nullptr, kOnHostOnly},
    {"syslog", nullptr, kOnHostOnly},
    {"wake_alarm", nullptr, kOnHostOnly},
});

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (cap_value_t value = 0; value < cap_max_bits(); ++value)
    if (char* name = ::cap_to_name(value)) {
      names.emplace_back(std::string_view(name).substr(4));
      ::cap_free(name);
    }
  return names;
}

}  // namespace

unsigned capability_number(const std::string& name) {
  cap_value_t value = 0;
  if (::cap_from_name(("cap_" + name).c_str(), &value) == 0) return static_cast<unsigned>(value);
  const auto meant = nearest(name, all_names());
  throw UsageError("there is no capability " + in_quotes(name),
                   meant ? "did you mean " + *meant + "?" : "see capabilities(7) for their names");
}

std::span<const Capability> capabilities() {
  return kCapabilities;
}

const Capability& kept_capability(const std::string& name) {
  capability_number(name);
  const auto row =
      std::find_if(kCapabilities.begin(), kCapabilities.end(), [&](const auto& c) { return name == c.name; });
  // One that a newer kernel has is not known to be harmless.
  const char* why = row == kCapabilities.end() ? "this version does not know what it opens" : row->refused;
  if (why)
    throw Error(fmt::format("--cap {} is refused: {}", name, why), "nothing allows it inside a sandbox");
  return *row;
}

const std::vector<std::string>& root_capabilities() {
  static const std::vector<std::string> names = {"chown",  "dac_override", "fowner", "fsetid",
                                                 "setgid", "setuid",       "kill",   "net_bind_service"};
  return names;
}

}  // namespace cloche
