// Every key that a profile may hold, once: the reader, `cloche profile show`, the JSON Schema and the tests
// of cloche-profile(5) all work from this table, so that none of them can forget one.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "spec/spec.h"

namespace cloche {

struct ProfileKey {
  enum class Shape {
    text,
    amount,         ///< a text or a number: 1.5, 256, "2G"
    texts,          ///< a list of texts
    ports,          ///< a list of port numbers
    named_texts,    ///< a table of names and texts
    named_amounts,  ///< a table of names and amounts
    rules           ///< tables of system calls, action and conditions
  };
  /// What may stand for something else in its texts.
  enum class Expands {
    nothing,
    variables,
    place,     ///< and it has to be absolute: a place of the view
    bind,      ///< the same, as PATH[:DEST]
    companion  ///< a file beside the profile where it has a slash, else a plain word
  };

  const char* section;   ///< "view"; "" at the top
  const char* name;      ///< "ro"
  const char* option;    ///< its twin on the command line, without dashes; "" for none
  const char* about;     ///< one line, no full stop
  const char* fallback;  ///< what holds where nobody says it; "" for nothing
  Shape shape = Shape::text;
  Expands expands = Expands::nothing;
  const char* words = "";  ///< the only texts it takes, as "none|host"; "" for any
  /// Lays one value over `spec`: of a list or a table it is called for each entry ("NAME=VALUE" of a table).
  /// Throws UsageError. Rules have a setter of their own, and description and extends concern no Spec.
  void (*set)(Spec& spec, const std::string& value) = nullptr;
};

std::span<const ProfileKey> profile_keys();

/// The key at "view.ro"; none: nullptr.
const ProfileKey* find_profile_key(std::string_view path);
/// "view.ro", "description"
std::string path_of(const ProfileKey& key);

/// Names of the sections, in the order of the table.
std::vector<std::string> profile_sections();
/// What may stand in a section (its sections included), for messages.
std::vector<std::string> names_in_section(std::string_view section);

}  // namespace cloche
