// The lines of /etc/subuid and /etc/subgid (subuid(5)): whose ranges there are, which of them meet, and where
// a new one would be free. They are read here as libsubid reads them, without its libraries, whose loading
// every start would pay for; where nsswitch.conf names another source, libsubid is asked (read_facts.cc).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/facts.h"

namespace cloche {

struct SubordinateLine {
  std::string owner;  ///< a name, or a number
  SubordinateRange range;
  bool operator==(const SubordinateLine&) const = default;
};

/// Lines that are none (comments, too few fields, no numbers) are passed over, as shadow does.
std::vector<SubordinateLine> subordinate_lines(std::string_view text);

/// The source that nsswitch.conf's text names for "subid"; empty: the files.
std::string subordinate_source(std::string_view nsswitch);
/// The same of this machine.
std::string subordinate_source();

/// The ranges of a user, whose lines may name it or its number.
std::vector<SubordinateRange> ranges_of(const std::vector<SubordinateLine>& lines, const std::string& user,
                                        std::uint32_t uid);

/// The first range of another owner that shares an id with one of `own`; none where every id has one owner.
std::optional<SubordinateLine> overlap(const std::vector<SubordinateRange>& own,
                                       const std::vector<SubordinateLine>& lines, const std::string& user,
                                       std::uint32_t uid);

/// The start of 65536 ids that nobody has: behind the last range, from 100000 on, as useradd counts.
std::uint32_t free_subordinate_start(const std::vector<SubordinateLine>& uids,
                                     const std::vector<SubordinateLine>& gids);

}  // namespace cloche
