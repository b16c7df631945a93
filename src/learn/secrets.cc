#include "learn/secrets.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "plan/parts.h"

namespace cloche {
namespace {

constexpr auto kSecrets = std::to_array<const char*>({
    ".ssh",
    ".gnupg",
    ".pki",
    ".password-store",
    ".netrc",
    ".authinfo*",
    ".git-credentials",
    ".vault-token",
    // package registries
    ".npmrc",
    ".yarnrc*",
    ".pypirc",
    ".cargo/credentials*",
    ".gem/credentials",
    ".m2/settings*",
    ".gradle/gradle.properties",
    ".config/pip",
    ".config/configstore",
    ".composer/auth.json",
    ".nuget",
    // clouds, containers, forges
    ".aws",
    ".azure",
    ".boto",
    ".s3cfg",
    ".oci",
    ".kube",
    ".docker",
    ".terraform.d",
    ".terraformrc",
    ".config/gcloud",
    ".config/gh",
    ".config/glab-cli",
    ".config/hub",
    ".config/doctl",
    ".config/rclone",
    ".config/containers",
    ".config/op",
    ".config/sops",
    ".config/github-copilot",
    ".databrickscfg",
    // databases
    ".pgpass",
    ".my.cnf",
    ".mylogin.cnf",
    ".dbeaver*",
    // browsers, mail, chat, wallets, keyrings
    ".mozilla",
    ".thunderbird",
    ".config/google-chrome*",
    ".config/chromium",
    ".config/BraveSoftware",
    ".config/microsoft-edge*",
    ".config/vivaldi",
    ".config/opera",
    ".config/Signal",
    ".config/Slack",
    ".config/discord",
    ".config/evolution",
    ".cache/mozilla",
    ".cache/google-chrome*",
    ".cache/chromium",
    ".local/share/keyrings",
    ".local/share/evolution",
    ".local/share/kwalletd",
    ".config/keepassxc",
    ".electrum",
    ".bitcoin",
    ".ethereum",
    ".mail",
    ".Mail",
    "Mail",
    "Maildir",
    // what was typed
    ".bash_history",
    ".zsh_history",
    ".python_history",
    ".psql_history",
    ".mysql_history",
    ".node_repl_history",
    ".lesshst",
    ".viminfo",
    ".local/share/fish/fish_history",
});

bool matches(std::string_view place, std::string_view name) {
  if (place.ends_with('*')) return name.starts_with(place.substr(0, place.size() - 1));
  return name == place || (name.starts_with(place) && name[place.size()] == '/');
}

}  // namespace

std::span<const char* const> secret_places() {
  return kSecrets;
}

bool is_secret(const std::string& path, const std::string& home) {
  if (home.size() < 2 || path == home || !is_within(path, home)) return false;
  const std::string_view name = std::string_view(path).substr(home.size() + 1);
  return std::any_of(kSecrets.begin(), kSecrets.end(),
                     [&](const char* place) { return matches(place, name); });
}

bool holds_secrets(const std::string& folder, const std::string& home) {
  return std::any_of(kSecrets.begin(), kSecrets.end(),
                     [&](const char* place) { return is_within(home + "/" + place, folder); });
}

}  // namespace cloche
