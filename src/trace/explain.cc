#include "trace/explain.h"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "trace/shown.h"

namespace cloche {
namespace {

// From so many names of one folder on, the folder is what was missed.
constexpr std::size_t kFewNames = 4;

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

bool may_be_a_folder_of(const Explained& row, const std::string& home) {
  return row.object.starts_with('/') && row.cause.layer == Layer::hidden_path && !row.cause.option.empty() &&
         folder_of(row.object) != "/" && folder_of(row.object) != home;
}

}  // namespace

std::vector<Explained> explain(const Plan& plan, const Log& log, const Outside& outside) {
  std::vector<Explained> rows = one_row_an_object(plan, log, outside);
  std::map<std::string, std::size_t> names;
  for (const Explained& row : rows)
    if (may_be_a_folder_of(row, outside.home)) ++names[folder_of(row.object)];
  std::map<std::string, Explained> folders;
  std::vector<Explained> all;
  for (Explained& row : rows) {
    const std::string folder = folder_of(row.object);
    if (!may_be_a_folder_of(row, outside.home) || names[folder] < kFewNames) {
      all.push_back(std::move(row));
      continue;
    }
    const bool write = row.cause.option.starts_with("--rw");
    row.objects = names[folder];
    row.object = folder;
    row.cause.option = fmt::format("--{} {}", write ? "rw" : "ro", option_path(folder, outside.home));
    const auto [found, fresh] = folders.emplace(folder + (write ? "w" : "r"), row);
    if (!fresh) fold(found->second, row);
  }
  for (auto& [folder, row] : folders) all.push_back(std::move(row));
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.last < b.last; });
  return all;
}

}  // namespace cloche
