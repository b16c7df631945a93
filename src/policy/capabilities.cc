#include "policy/capabilities.h"

#include <sys/capability.h>

#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace cloche {
namespace {

struct Refused {
  const char* name;
  const char* why;
};

// The payload lives in the user namespace that owns the mounts, the network and the ids: these would let it
// change them.
constexpr auto kRefused = std::to_array<Refused>({
    {"sys_admin", "it can undo the mounts that hide and protect files"},
    {"sys_chroot", "with it a process leaves the sandbox's root"},
    {"sys_ptrace", "it reads and steers pid 1 of the sandbox"},
    {"dac_read_search", "it opens files by handle, around every mount"},
    {"setfcap", "it writes capabilities onto files of a shared folder"},
    {"sys_module", "it loads code into the kernel"},
    {"sys_rawio", "it reaches the hardware"},
    {"sys_boot", "it reaches the whole machine"},
    {"mknod", "device nodes are never usable inside"},
    {"mac_admin", "it changes the host's security policy"},
    {"mac_override", "it goes around the host's security policy"},
    {"bpf", "it loads programs into the kernel"},
    {"perfmon", "it watches the kernel and other processes"},
    {"checkpoint_restore", "it steers ids and processes from outside of their limits"},
    {"setpcap", "it changes the bounding set and the security bits"},
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

void check_capability(const std::string& name) {
  capability_number(name);
  for (const Refused& refused : kRefused)
    if (name == refused.name)
      throw Error(fmt::format("--cap {} is refused: {}", name, refused.why),
                  "nothing allows it inside a sandbox");
}

const std::vector<std::string>& root_capabilities() {
  static const std::vector<std::string> names = {"chown",  "dac_override", "fowner", "fsetid",
                                                 "setgid", "setuid",       "kill",   "net_bind_service"};
  return names;
}

}  // namespace cloche
