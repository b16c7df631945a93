#include "plan/resolve.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "plan/parts.h"

namespace cloche {

std::string clean_path(const std::string& path, const std::string& folder) {
  std::vector<std::string> clean;
  const std::string whole = path.starts_with('/') ? path : folder + "/" + path;
  for (const std::string& part : split(whole, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..")
      clean.push_back(part);
    else if (!clean.empty())
      clean.pop_back();
  }
  return "/" + join(clean, "/");
}

std::string absolute(const std::string& path, const HostFacts& facts) {
  return clean_path(path, facts.working_directory);
}

std::string default_name(const std::string& command, int number) {
  std::string name = command.substr(command.rfind('/') + 1).substr(0, 32);
  const auto unfit = [](char c) {
    return !(std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_');
  };
  std::replace_if(name.begin(), name.end(), unfit, '-');
  if (name.empty() || !std::isalnum(static_cast<unsigned char>(name.front()))) name = "run";
  return fmt::format("{}-{}", name, number);
}

const PathFact& fact_of(const HostFacts& facts, const std::string& path) {
  static const PathFact missing;
  const auto found = facts.paths.find(path);
  return found == facts.paths.end() ? missing : found->second;
}

bool is_within(const std::string& path, const std::string& folder) {
  if (folder == "/") return path.starts_with('/');
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

bool is_allowed(const Spec& spec, const std::string& token) {
  return std::find(spec.policy.allow.begin(), spec.policy.allow.end(), token) != spec.policy.allow.end();
}

const std::vector<std::string>& degradable_features() {
  static const std::vector<std::string> features = {"id-range",        "groups",         "tasks-limit",
                                                    "limits",          "landlock",       "landlock-truncate",
                                                    "landlock-scopes", "protected-paths"};
  return features;
}

void check_feature(const std::string& feature) {
  const auto& known = degradable_features();
  if (std::find(known.begin(), known.end(), feature) != known.end()) return;
  const auto meant = nearest(feature, known);
  throw UsageError("--require " + in_quotes(feature) + ": there is no such feature",
                   meant ? "did you mean " + *meant + "?" : "there are: " + join(known, ", "));
}

namespace {

/// A feature that --require names must hold; the remedy is the degradation's own.
void check_required(const Spec& spec, Plan& plan) {
  for (const std::string& feature : spec.policy.require) {
    check_feature(feature);
    if (feature == "protected-paths") {
      plan.view.must_keep = true;
      if (!plan.view.absent.empty())
        throw Error(fmt::format("--require {}: {} does not exist, and nothing can keep it from being made",
                                feature, in_quotes(plan.view.absent.front())),
                    "make it, or give the command a copy of the folder");
    }
    for (const Degradation& lost : plan.degraded)
      if (lost.feature == feature)
        throw Error(fmt::format("--require {}: {}", feature, lost.reason), lost.remedy);
  }
}

}  // namespace

std::vector<std::string> command_of(const Spec& spec, const HostFacts& facts) {
  if (!spec.command.empty()) return spec.command;
  return {facts.shell.empty() ? "/bin/sh" : facts.shell};
}

std::string name_of(const Spec& spec, const HostFacts& facts) {
  return spec.name.value_or(default_name(command_of(spec, facts).front(), facts.process));
}

IdentityPlan identity_of(const Spec& spec, const HostFacts& facts) {
  Plan plan;
  resolve_identity(spec, facts, plan);
  return plan.identity;
}

Plan resolve(const Spec& spec, const HostFacts& facts) {
  Plan plan;
  plan.command = command_of(spec, facts);
  plan.name = name_of(spec, facts);
  plan.net = spec.net.value_or(NetMode::none);
  plan.fds = spec.fds;
  plan.tty = spec.tty.value_or(false);
  for (const char* kind : {"user", "mount", "pid", "ipc", "uts", "net", "cgroup"})
    if (plan.net == NetMode::none || std::string_view(kind) != "net")
      plan.enforced.push_back(std::string(kind) + "-namespace");
  resolve_identity(spec, facts, plan);
  resolve_limits(spec, facts, plan);
  resolve_view(spec, facts, plan);
  resolve_environment(spec, facts, plan);
  resolve_policy(spec, facts, plan);
  resolve_landlock(spec, facts, plan);
  check_required(spec, plan);
  return plan;
}

}  // namespace cloche
