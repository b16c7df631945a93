// The options of a command as a table: parsing (by Boost.Program_options), --help, the completions and the
// man page test all read the same rows, so that none of them can forget one.
//
//   constexpr Option kOptions[] = {{"json", "", "print JSON instead of a table", "output"}, …};
//   const Parsed parsed = parse(kOptions, words);
//   if (parsed.has("json")) …
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"

namespace cloche::cli {

struct Option {
  const char* name;           ///< without the dashes
  const char* value;          ///< what it takes, as --help shows it ("PATH[:DEST]"); "" for a flag
  const char* help;           ///< one line, no full stop
  const char* group;          ///< heading it stands under in --help
  const char* complete = "";  ///< what shells offer: "file", "directory", or "word1|word2"; "" nothing
  char letter = 0;            ///< a short form, where others of its kind have taught one: -o
};

struct Parsed {
  std::vector<std::pair<std::string, std::string>> options;  ///< in the order given; flags have ""
  Words words;                                               ///< all from the first word or after --

  bool has(const std::string& name) const;
  /// The value given last, none if it was not given.
  std::optional<std::string> value(const std::string& name) const;
};

/// Options end at `--` or at the first word. Every table has --help besides its own rows. Throws UsageError
/// that names the option and, for a misspelt one, the nearest.
Parsed parse(std::span<const Option> table, const Words& words);
/// The same for commands whose options may stand after their words too (`cloche kill NAME --signal HUP`).
Parsed parse_mixed(std::span<const Option> table, const Words& words);

/// What --help prints: usage line, summary, the rows by group.
std::string help_text(const std::string& usage, const std::string& summary, std::span<const Option> table);

}  // namespace cloche::cli
