#include "trace/explain.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

#include "plan/parts.h"
#include "trace/shown.h"

namespace cloche {
namespace {

// From so many names of one folder on, the folder is what was missed.
constexpr std::size_t kFewNames = 4;
// What tells how a folder is built is of no use without the folder.
constexpr auto kManifests = std::to_array<std::string_view>({
    "CMakeLists.txt",
    "Cargo.toml",
    "Gemfile",
    "Makefile",
    "build.gradle",
    "build.gradle.kts",
    "composer.json",
    "configure",
    "go.mod",
    "meson.build",
    "package.json",
    "pom.xml",
    "pyproject.toml",
    "setup.py",
});

std::string object_of(const Act& act) {
  if (act.intent == Intent::become) return fmt::format("to {}", act.number);
  if (act.transport == Transport::tcp || act.transport == Transport::udp)
    return fmt::format(
        "{}:{}", act.object.find(':') == std::string::npos ? act.object : "[" + act.object + "]", act.number);
  return act.object;
}

/// `more` becomes a part of `one`; of the two the later tells the call.
void fold(Explained& one, const Explained& more) {
  one.count += more.count;
  if (more.last < one.last) return;
  one.last = more.last;
  one.call = more.call;
}

/// One row an object: its stat, its open and its access are one and the same miss.
std::vector<Explained> one_row_an_object(const Plan& plan, const Log& log, const Outside& outside) {
  std::map<std::tuple<Layer, std::string, std::string>, Explained> rows;
  for (const auto& [act, evidence] : log.acts()) {
    const auto cause = judge(plan, act, outside);
    if (!cause) continue;
    const Explained row = {*cause,         act.call, object_of(act),   act.error,
                           evidence.count, 1,        evidence.process, evidence.last};
    const auto [found, fresh] = rows.emplace(std::tuple(cause->layer, cause->option, row.object), row);
    if (!fresh) fold(found->second, row);
  }
  std::vector<Explained> all;
  for (auto& [key, row] : rows) all.push_back(std::move(row));
  return all;
}

bool is_manifest(const std::string& path) {
  const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
  return std::find(kManifests.begin(), kManifests.end(), name) != kManifests.end();
}

/// Not the home, nor what the current folder lies in: other projects lie beside it.
bool may_be_a_folder_of(const Explained& row, const Plan& plan, const std::string& home) {
  if (!row.object.starts_with('/') || row.cause.layer != Layer::hidden_path || row.cause.option.empty())
    return false;
  const std::string folder = folder_of(row.object);
  return folder != "/" && !is_within(home, folder) && !is_within(plan.view.workdir, folder);
}

/// The folders that are named in the place of what was missed in them, and how much that was.
std::map<std::string, std::size_t> missed_folders(const std::vector<Explained>& rows, const Plan& plan,
                                                  const std::string& home) {
  std::map<std::string, std::size_t> folders;
  std::set<std::string> with_manifest;
  for (const Explained& row : rows) {
    if (!may_be_a_folder_of(row, plan, home)) continue;
    const std::string folder = folder_of(row.object);
    ++folders[folder];
    if (is_manifest(row.object)) with_manifest.insert(folder);
  }
  std::erase_if(folders, [&](const auto& folder) {
    return folder.second < kFewNames && !with_manifest.contains(folder.first);
  });
  return folders;
}

}  // namespace

std::vector<Explained> explain(const Plan& plan, const Log& log, const Outside& outside) {
  std::vector<Explained> rows = one_row_an_object(plan, log, outside);
  const auto missed = missed_folders(rows, plan, outside.home);
  std::map<std::string, Explained> folders;
  std::vector<Explained> all;
  for (Explained& row : rows) {
    const std::string folder = folder_of(row.object);
    const auto found = missed.find(folder);
    if (found == missed.end() || !may_be_a_folder_of(row, plan, outside.home)) {
      all.push_back(std::move(row));
      continue;
    }
    const bool write = row.cause.option.starts_with("--rw");
    row.objects = found->second;
    if (row.objects > 1) row.object = folder;
    row.cause.option = fmt::format("--{} {}", write ? "rw" : "ro", option_path(folder, outside.tilde));
    const auto [held, fresh] = folders.emplace(folder + (write ? "w" : "r"), row);
    if (!fresh) fold(held->second, row);
  }
  for (auto& [folder, row] : folders) all.push_back(std::move(row));
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.last < b.last; });
  return all;
}

}  // namespace cloche
