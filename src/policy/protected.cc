#include "policy/protected.h"

#include <array>

namespace cloche {
namespace {
using enum PlaceholderKind;

// As what one that is missing is kept so. A link is nothing to whoever opens it, but Git lists it: hence
// folders outside of .git and home. Of start-up files an empty one would count: .bash_profile goes before
// .profile.
constexpr auto kProtected = std::to_array<ProtectedPath>({
    // A repository that is planted here is read by the next prompt that shows a branch.
    {".git", "git-init", link},
    // Settings name programs: core.fsmonitor, core.pager, filters, aliases. The last three lead to further
    // settings: of submodules, of other work trees, of wherever commondir says.
    {".git/config", "git-config", link},
    {".git/config.worktree", "git-config", link},
    {".git/modules", "git-config", folder},
    {".git/worktrees", "git-config", link},
    {".git/commondir", "git-config", same},
    {".git/hooks", "git-hooks", folder},
    {".husky", "git-hooks", folder},
    {".pre-commit-config.yaml", "git-hooks", folder},
    {".envrc", "env-files", folder},
    {".vscode", "editor-tasks", folder},
    {".idea", "editor-tasks", folder},
    {".vimrc", "editor-tasks", folder},
    {".exrc", "editor-tasks", folder},
    {".nvimrc", "editor-tasks", folder},
    {".nvim.lua", "editor-tasks", folder},
    {".dir-locals.el", "editor-tasks", folder},
    {".claude", "agent-files", folder},
    {".mcp.json", "agent-files", folder},
    {".cursor", "agent-files", folder},
    {".bashrc", "shell-files", link, true},
    {".bash_profile", "shell-files", link, true},
    {".bash_login", "shell-files", link, true},
    {".bash_logout", "shell-files", link, true},
    {".bash_aliases", "shell-files", link, true},
    {".profile", "shell-files", link, true},
    {".zshrc", "shell-files", link, true},
    {".zshenv", "shell-files", link, true},
    {".zprofile", "shell-files", link, true},
    {".zlogin", "shell-files", link, true},
    {".zlogout", "shell-files", link, true},
    {".config/fish", "shell-files", folder, true},
    {".inputrc", "shell-files", link, true},
    {".pam_environment", "shell-files", link, true},
    {".xprofile", "shell-files", link, true},
    {".xsessionrc", "shell-files", link, true},
    {".config/autostart", "shell-files", folder, true},
    {".config/environment.d", "shell-files", folder, true},
    {".config/systemd", "shell-files", folder, true},
    {".ssh", "shell-files", folder, true},
    {".gitconfig", "git-config", link, true},
    {".config/git", "git-config", folder, true},
});

}  // namespace

std::span<const ProtectedPath> protected_paths() {
  return kProtected;
}

}  // namespace cloche
