#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "plan/parts.h"

namespace cloche {
namespace {

/// The lines that map `inside` to the caller's `own` id and the ids around it to the subordinate ranges.
std::vector<IdMapLine> lines_around(std::uint32_t inside, std::uint32_t own,
                                    const std::vector<SubordinateRange>& ranges) {
  std::vector<IdMapLine> lines = {{inside, own, 1}};
  std::uint64_t next = 0;  // the next free number inside
  for (const SubordinateRange& range : ranges) {
    std::uint64_t used = 0;
    while (used < range.count && next < 0xFFFFFFFF) {
      if (next == inside) {
        ++next;
        continue;
      }
      std::uint64_t count = std::min<std::uint64_t>(range.count - used, 0xFFFFFFFF - next);
      if (next < inside) count = std::min<std::uint64_t>(count, inside - next);
      lines.push_back({static_cast<std::uint32_t>(next), static_cast<std::uint32_t>(range.start + used),
                       static_cast<std::uint32_t>(count)});
      next += count;
      used += count;
    }
  }
  std::sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) { return a.inside < b.inside; });
  return lines;
}

bool maps(const std::vector<IdMapLine>& lines, std::uint32_t id) {
  return std::any_of(lines.begin(), lines.end(), [&](const IdMapLine& line) {
    return id >= line.inside && id - line.inside < line.count;
  });
}

/// Why ids cannot be mapped through the helpers; empty where they can.
std::string range_obstacle(const HostFacts& facts, std::string& remedy) {
  for (const MapHelper* helper : {&facts.newuidmap, &facts.newgidmap})
    if (!helper->obstacle.empty()) {
      remedy = helper->remedy;
      return helper->obstacle;
    }
  if (facts.subuids.empty() || facts.subgids.empty()) {
    remedy = fmt::format("have an administrator run: usermod --add-subuids {0}-{1} --add-subgids {0}-{1} {2}",
                         facts.free_subordinate_start, facts.free_subordinate_start + 65535, facts.user);
    return fmt::format("{} has no subordinate {} ids", facts.user, facts.subuids.empty() ? "user" : "group");
  }
  return {};
}

}  // namespace

void resolve_identity(const Spec& spec, const HostFacts& facts, Plan& plan) {
  IdentityPlan& identity = plan.identity;
  const As as = spec.as.value_or(As{});
  const MapMode mode = spec.map.value_or(MapMode::automatic);
  std::string remedy;
  const std::string obstacle = mode == MapMode::single ? "" : range_obstacle(facts, remedy);
  identity.range = mode != MapMode::single && obstacle.empty();
  if (!identity.range && mode == MapMode::range) throw Error("--map range: " + obstacle, remedy);

  const bool by_ids = as.kind == As::Kind::ids;
  identity.uid = by_ids ? as.uid : as.kind == As::Kind::root ? 0 : facts.uid;
  identity.gid = by_ids ? as.gid : as.kind == As::Kind::root ? 0 : facts.gid;
  identity.hostname = spec.hostname.value_or("cloche");

  if (identity.range) {
    // The caller keeps its own number inside, unless it is to be root there; an id asked for by number is
    // then one of the range's, somebody else than the caller.
    identity.uid_map = lines_around(by_ids ? facts.uid : identity.uid, facts.uid, facts.subuids);
    identity.gid_map = lines_around(by_ids ? facts.gid : identity.gid, facts.gid, facts.subgids);
    if (!maps(identity.uid_map, identity.uid) || !maps(identity.gid_map, identity.gid))
      throw Error(
          fmt::format("--as {}:{}: no id of yours is mapped to that number", identity.uid, identity.gid),
          "choose one below the size of your range in /etc/subuid and /etc/subgid, or --map single");
    identity.newuidmap = facts.newuidmap.path;
    identity.newgidmap = facts.newgidmap.path;
    plan.enforced.emplace_back("id-range");
    return;
  }
  identity.uid_map = {{identity.uid, facts.uid, 1}};
  identity.gid_map = {{identity.gid, facts.gid, 1}};
  if (mode == MapMode::automatic)
    plan.degraded.push_back({"id-range", "a range of user and group ids", obstacle, remedy});
  std::vector<std::uint32_t> others = facts.groups;
  std::erase(others, facts.gid);
  if (!others.empty())
    plan.degraded.push_back(
        {"groups", "no supplementary groups",
         fmt::format("with a single mapped id the kernel forbids setgroups, so the command keeps your {} "
                     "other group{}",
                     others.size(), others.size() == 1 ? "" : "s"),
         "use --map range (it needs subordinate ids)"});
}

}  // namespace cloche
