#include "policy/weakenings.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace cloche {
namespace {

constexpr auto kWeakenings = std::to_array<Weakening>({
    {"ptrace", "tracing and reading the sandbox's own processes, as debuggers and strace do",
     "its processes are no longer safe from one another, and the kernel's tracing code is in reach", true,
     "@debug"},
    {"io-uring", "io_uring", "a part of the kernel with many past bugs, whose io no filter sees", true,
     "@io-uring"},
    {"keyring", "the kernel's keyrings", "keys of the user outside: keyrings belong to no namespace", true,
     "@keyring"},
    {"userns", "making namespaces inside, as nested sandboxes and browsers do",
     "the kernel's namespace and mount code, where most escapes of the past began", true,
     "@namespaces @mount"},
    {"personality", "any personality(2)", "memory layout randomisation can be switched off", true, ""},
    {"tracing", "bpf, perf_event_open, userfaultfd and fanotify",
     "parts of the kernel that watch and steer all of it, with many past bugs", true, "@tracing"},
    {"vsock", "AF_VSOCK sockets", "the hypervisor's services: vsock belongs to no namespace", true, ""},
    {"host-sockets", "showing /run of the host, or a folder that holds it",
     "whoever can talk to the user's bus or a container daemon can start processes outside", false, ""},
    {"git-init", "making a repository in a shared folder that is none yet",
     "the next git command there, a prompt's too, runs what the new repository's settings name", false, ""},
    {"git-config", "changing the settings of a shared repository, its submodules and work trees",
     "Git outside runs programs that its settings name, at any command", false, ""},
    {"git-hooks", "changing a shared repository's hooks",
     "the next commit, checkout or push outside runs them", false, ""},
    {"env-files", "changing .envrc", "direnv outside runs it, where it is allowed already", false, ""},
    {"editor-tasks", "changing an editor's settings and tasks: .vscode, .idea, .vimrc and the like",
     "an editor outside that trusts the folder runs them", false, ""},
    {"agent-files", "changing the settings of coding agents: .claude, .mcp.json, .cursor",
     "an agent outside that trusts the folder runs the commands in them", false, ""},
    {"shell-files", "changing start-up files of shells and sessions, and .ssh, in a shared home",
     "the next shell or login outside runs them", false, ""},
    {"unlimited", "running without a limit that was asked for and cannot be had",
     "the command may use up what the limit was to keep", false, ""},
});

}  // namespace

std::span<const Weakening> weakenings() {
  return kWeakenings;
}

const Weakening& weakening(const std::string& token) {
  const auto row =
      std::find_if(kWeakenings.begin(), kWeakenings.end(), [&](const auto& w) { return token == w.token; });
  if (row != kWeakenings.end()) return *row;
  std::vector<std::string> tokens;
  for (const Weakening& known : kWeakenings) tokens.emplace_back(known.token);
  const auto meant = nearest(token, tokens);
  throw UsageError("there is no weakening " + in_quotes(token),
                   meant ? "did you mean " + *meant + "?" : "there are: " + join(tokens, ", "));
}

}  // namespace cloche
