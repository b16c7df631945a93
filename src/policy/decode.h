// A system call as a person reads it: its arguments by name, flags and commands by their words, text out of
// the caller's memory.
//
//   const auto arguments = decode("mount", notification.data.args, reader);
//   call_text("mount", arguments)   // mount("/dev/sda", "/mnt", "ext4", MS_RDONLY|MS_NOSUID, NULL)
//
// The caller is hostile and so is its memory: each text is cut to kLongestText bytes and escaped, so that it
// can neither break a line nor speak to a terminal, and nothing is decided by what it says.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "policy/filter.h"

namespace cloche {

inline constexpr std::size_t kLongestText = 256;

/// At most `most` bytes of the caller's memory at `address`: fewer where it ends, none where none can be
/// read.
using ReadMemory = std::function<std::string(std::uint64_t address, std::size_t most)>;

struct Argument {
  std::string name;   ///< the manual's: "source", "flags"
  std::string words;  ///< escaped, without quotes around a text
  bool text = false;  ///< it was read from the caller's memory
  bool cut = false;   ///< and there was more of it
  bool operator==(const Argument&) const = default;
};

/// None for a call whose arguments nobody has described: unused registers would be noise.
std::optional<std::vector<Argument>> decode(const std::string& call, const CallArguments& given,
                                            const ReadMemory& read);

/// "call(…)" where `arguments` are none.
std::string call_text(const std::string& call, const std::optional<std::vector<Argument>>& arguments);

}  // namespace cloche
