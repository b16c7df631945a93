#include "host/subordinate.h"

#include <algorithm>

#include "base/name_services.h"
#include "base/text.h"

namespace cloche {
namespace {

constexpr std::uint64_t kFirst = 100000, kSize = 65536;

std::uint64_t end_of(const SubordinateRange& range) {
  return std::uint64_t{range.start} + range.count;
}

bool belongs_to(const SubordinateLine& line, const std::string& user, std::uint32_t uid) {
  return line.owner == user || line.owner == std::to_string(uid);
}

bool meet(const SubordinateRange& one, const SubordinateRange& other) {
  return one.start < end_of(other) && other.start < end_of(one);
}

std::string other_than_files(std::string sources) {
  return sources == "files" ? "" : sources;
}

}  // namespace

std::vector<SubordinateLine> subordinate_lines(std::string_view text) {
  std::vector<SubordinateLine> lines;
  for (const std::string& line : split(text, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() != 3 || fields[0].empty() || fields[0][0] == '#') continue;
    const auto start = whole_number(fields[1]), count = whole_number(fields[2]);
    if (!start || !count || *count == 0 || *start > UINT32_MAX || *count > UINT32_MAX - *start) continue;
    lines.push_back({fields[0], {static_cast<std::uint32_t>(*start), static_cast<std::uint32_t>(*count)}});
  }
  return lines;
}

std::string subordinate_source(std::string_view nsswitch) {
  return other_than_files(name_sources(nsswitch, "subid"));
}

std::string subordinate_source() {
  return other_than_files(name_sources("subid"));
}

std::vector<SubordinateRange> ranges_of(const std::vector<SubordinateLine>& lines, const std::string& user,
                                        std::uint32_t uid) {
  std::vector<SubordinateRange> ranges;
  for (const SubordinateLine& line : lines)
    if (belongs_to(line, user, uid)) ranges.push_back(line.range);
  return ranges;
}

std::optional<SubordinateLine> overlap(const std::vector<SubordinateRange>& own,
                                       const std::vector<SubordinateLine>& lines, const std::string& user,
                                       std::uint32_t uid) {
  for (const SubordinateLine& line : lines) {
    if (belongs_to(line, user, uid)) continue;
    for (const SubordinateRange& range : own)
      if (meet(range, line.range)) return line;
  }
  return std::nullopt;
}

std::uint32_t free_subordinate_start(const std::vector<SubordinateLine>& uids,
                                     const std::vector<SubordinateLine>& gids) {
  std::uint64_t start = kFirst;
  for (const auto* lines : {&uids, &gids})
    for (const SubordinateLine& line : *lines)
      if (end_of(line.range) + kSize <= UINT32_MAX) start = std::max(start, end_of(line.range));
  return static_cast<std::uint32_t>(start);
}

}  // namespace cloche
