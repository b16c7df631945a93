#include <fnmatch.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "plan/parts.h"

namespace cloche {
namespace {

// What a program needs to find its way and to speak the person's language; nothing here holds a secret.
constexpr const char* kSafeNames[] = {"PATH",           "LANG",      "LANGUAGE", "LC_*",     "TZ",
                                      "TERM",           "COLORTERM", "SHELL",    "NO_COLOR", "CLICOLOR",
                                      "CLICOLOR_FORCE", "EDITOR",    "VISUAL",   "PAGER"};
constexpr const char* kPath = "/usr/local/bin:/usr/bin:/bin";

bool matches(const char* glob, const std::string& name) {
  return ::fnmatch(glob, name.c_str(), 0) == 0;
}

}  // namespace

void resolve_environment(const Spec& spec, const HostFacts& facts, Plan& plan) {
  std::map<std::string, std::string> inside;
  for (const auto& [name, value] : facts.environment) {
    const bool safe = std::any_of(std::begin(kSafeNames), std::end(kSafeNames),
                                  [&name = name](const char* glob) { return matches(glob, name); });
    const bool named = std::any_of(spec.pass_environment.begin(), spec.pass_environment.end(),
                                   [&name = name](const auto& glob) { return matches(glob.c_str(), name); });
    if (safe || named) inside[name] = value;
  }
  inside.try_emplace("PATH", kPath);
  inside["HOME"] = facts.home;
  inside["USER"] = inside["LOGNAME"] = plan.identity.uid == 0 ? "root" : facts.user;
  inside["PWD"] = plan.view.workdir;
  inside["CLOCHE"] = plan.name;  // lets a script know that, and where, it is sandboxed
  for (const EnvironmentChange& change : spec.environment) {
    const auto own = facts.environment.find(change.name);
    if (change.value)
      inside[change.name] = *change.value;
    else if (own != facts.environment.end())
      inside[change.name] = own->second;
  }
  for (const auto& [name, value] : inside) plan.environment.push_back(name + "=" + value);
  plan.search_path = split(inside["PATH"], ':');
  plan.enforced.emplace_back("environment");
}

}  // namespace cloche
