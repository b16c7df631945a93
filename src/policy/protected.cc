#include "policy/protected.h"

#include <array>

namespace cloche {
namespace {

constexpr auto kProtected = std::to_array<ProtectedPath>({
    // A repository that is planted here is read by the next prompt that shows a branch.
    {".git", "git-init"},
    // Settings name programs: core.fsmonitor, core.pager, filters, aliases. The last three lead to further
    // settings: of submodules, of other work trees, of wherever commondir says.
    {".git/config", "git-config"},
    {".git/config.worktree", "git-config"},
    {".git/modules", "git-config"},
    {".git/worktrees", "git-config"},
    {".git/commondir", "git-config"},
    {".git/hooks", "git-hooks"},
    {".husky", "git-hooks"},
    {".pre-commit-config.yaml", "git-hooks"},
    {".envrc", "env-files"},
    {".vscode", "editor-tasks"},
    {".idea", "editor-tasks"},
    {".vimrc", "editor-tasks"},
    {".exrc", "editor-tasks"},
    {".nvimrc", "editor-tasks"},
    {".nvim.lua", "editor-tasks"},
    {".dir-locals.el", "editor-tasks"},
    {".claude", "agent-files"},
    {".mcp.json", "agent-files"},
    {".cursor", "agent-files"},
    {".bashrc", "shell-files", true},
    {".bash_profile", "shell-files", true},
    {".bash_login", "shell-files", true},
    {".bash_logout", "shell-files", true},
    {".bash_aliases", "shell-files", true},
    {".profile", "shell-files", true},
    {".zshrc", "shell-files", true},
    {".zshenv", "shell-files", true},
    {".zprofile", "shell-files", true},
    {".zlogin", "shell-files", true},
    {".zlogout", "shell-files", true},
    {".config/fish", "shell-files", true},
    {".inputrc", "shell-files", true},
    {".pam_environment", "shell-files", true},
    {".xprofile", "shell-files", true},
    {".xsessionrc", "shell-files", true},
    {".config/autostart", "shell-files", true},
    {".config/environment.d", "shell-files", true},
    {".config/systemd", "shell-files", true},
    {".ssh", "shell-files", true},
    {".gitconfig", "git-config", true},
    {".config/git", "git-config", true},
});

}  // namespace

std::span<const ProtectedPath> protected_paths() {
  return kProtected;
}

}  // namespace cloche
