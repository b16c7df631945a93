// A TOML text as a tree that keeps where everything stands and in which order: toml++'s own tables are sorted
// by name, and the order of a view is its meaning. toml++ stays in toml.cc, because it is large.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace cloche {

/// Both count from 1; a column counts characters.
struct TextPlace {
  unsigned line = 0, column = 0;
  auto operator<=>(const TextPlace&) const = default;
};

struct TomlEntry;

struct TomlValue {
  enum class Kind { text, whole, real, truth, time, list, table };
  Kind kind = Kind::table;
  TextPlace place;
  std::string text;  ///< of text as it is; of whole, real and truth as a person would write it
  std::int64_t whole = 0;
  std::vector<TomlValue> items;    ///< of a list
  std::vector<TomlEntry> entries;  ///< of a table, in the order of the file
};

struct TomlEntry {
  std::string key;
  TextPlace place;  ///< of the key
  TomlValue value;
};

/// "a text", "a list": for messages.
const char* kind_words(TomlValue::Kind kind);

class TomlError : public std::runtime_error {
 public:
  TomlError(const std::string& what, TextPlace where) : std::runtime_error(what), place(where) {}
  TextPlace place;
};

/// A text as TOML writes it, between double quotes; a key, bare where that is possible.
std::string toml_quoted(std::string_view text);
std::string toml_key(std::string_view key);

/// Throws TomlError for what is no TOML, or is nested deeper than any profile has reason to be.
TomlValue parse_toml(std::string_view text);

}  // namespace cloche
