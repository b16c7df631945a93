// What was refused to a run, as a plain value: one row for each kind of refused call, with its count.
//
//   DenialTable table;
//   if (table.add(denial)) …         // the first of its kind
//   for (const Denial& row : table.rows()) …
//
// A kind is the call, its arguments in words, the answer, and the name of the process. How many kinds there
// are is up to a hostile payload, so the table is bounded: past kMostKinds further ones are counted by call
// and answer alone, and past as many of those in one last row. No count is ever lost.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/decode.h"

namespace cloche {

struct Denial {
  std::string syscall;  ///< empty: not known, or several
  std::optional<std::vector<Argument>> arguments;
  int error = 0;        ///< the answer
  bool killed = false;  ///< instead of an answer: the filter ended the process (SIGSYS)
  std::uint64_t count = 1;
  std::string process;                 ///< what it calls itself (comm), escaped; empty: several, or not known
  std::optional<pid_t> pid, host_pid;  ///< of the first: as numbered inside, and outside
  bool operator==(const Denial&) const = default;
};

/// `mount("/dev/sda", "/mnt", NULL, 0, NULL) EPERM by make (pid 12)`, with its count where it is not 1.
std::string denial_text(const Denial& denial);
/// "refused 7 calls of 2 kinds"
std::string denials_text(const std::vector<Denial>& denials);

class DenialTable {
 public:
  static constexpr std::size_t kMostKinds = 256;
  explicit DenialTable(std::size_t most = kMostKinds) : most_(most) {}

  /// A row of this kind is there already.
  bool knows(const Denial& denial) const;
  /// Counts it; the row it made, none where it was one more of a row that is there.
  const Denial* add(Denial denial);
  /// In the order of their first call.
  const std::vector<Denial>& rows() const { return rows_; }

 private:
  std::size_t most_;
  std::vector<Denial> rows_;
  std::map<std::string, std::size_t> index_;
};

}  // namespace cloche
