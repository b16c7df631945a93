#include "spec/profile_reader.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "spec/profile_rule.h"

namespace cloche {
namespace {

using Kind = TomlValue::Kind;
using Shape = ProfileKey::Shape;
using Expands = ProfileKey::Expands;

bool is_amount(const TomlValue& value) {
  return value.kind == Kind::text || value.kind == Kind::whole || value.kind == Kind::real;
}

class Reader {
 public:
  Reader(const std::string& file, const Variables& variables, const ProfileCheck& check)
      : file_(file), variables_(variables), check_(check) {}

  ProfileText read(std::string_view text) {
    try {
      const TomlValue root = parse_toml(text);
      section("", root);
      std::stable_sort(out_.said.begin(), out_.said.end(),
                       [](const Said& a, const Said& b) { return a.place < b.place; });
    } catch (const TomlError& error) {
      problem(error.place, std::string("this is no TOML: ") + error.what());
    }
    std::stable_sort(out_.problems.begin(), out_.problems.end(),
                     [](const Problem& a, const Problem& b) { return a.place < b.place; });
    return std::move(out_);
  }

 private:
  void problem(TextPlace place, std::string what, std::string remedy = {}) {
    out_.problems.push_back({file_, place, std::move(what), std::move(remedy)});
  }

  void section(const std::string& name, const TomlValue& table) {
    const auto sections = profile_sections();
    for (const TomlEntry& entry : table.entries) {
      const std::string path = name.empty() ? entry.key : name + "." + entry.key;
      const bool is_section =
          name.empty() && std::find(sections.begin(), sections.end(), entry.key) != sections.end();
      if (const ProfileKey* known = find_profile_key(path))
        key(*known, entry.value);
      else if (is_section && entry.value.kind == Kind::table)
        section(entry.key, entry.value);
      else if (is_section)
        problem(entry.place, fmt::format("{} is a section, not {}", entry.key, kind_words(entry.value.kind)),
                fmt::format("write [{}] and its keys below", entry.key));
      else
        unknown(name, entry);
    }
  }

  void unknown(const std::string& name, const TomlEntry& entry) {
    const std::string what =
        name.empty() ? fmt::format("there is no {} {}",
                                   entry.value.kind == Kind::table ? "section" : "key at the top called",
                                   in_quotes(entry.key))
                     : fmt::format("[{}] has no key {}", name, in_quotes(entry.key));
    const auto names = names_in_section(name);
    if (const auto meant = nearest(entry.key, names))
      return problem(entry.place, what, "did you mean " + *meant + "?");
    // A key that stands in the wrong section is as common as a misspelt one.
    for (const std::string& other : profile_sections())
      if (find_profile_key(other + "." + entry.key))
        return problem(entry.place, what, fmt::format("it belongs into [{}]", other));
    problem(entry.place, what, "it has: " + join(names, ", "));
  }

  void wrong_kind(const ProfileKey& key, const TomlValue& value, const char* wanted) {
    problem(value.place, fmt::format("{} takes {}, not {}", path_of(key), wanted, kind_words(value.kind)));
  }

  void key(const ProfileKey& key, const TomlValue& value) {
    switch (key.shape) {
      case Shape::text:
        return value.kind == Kind::text ? say(key, value) : wrong_kind(key, value, "a text");
      case Shape::amount:
        return is_amount(value) ? say(key, value) : wrong_kind(key, value, "a text or a number");
      case Shape::texts:
        return list(key, value, Kind::text, "a list of texts");
      case Shape::ports:
        return list(key, value, Kind::whole, "a list of port numbers");
      case Shape::rules:
        return rules(key, value);
      case Shape::named_texts:
        return named(key, value, "a table of names and texts",
                     [](const TomlValue& one) { return one.kind == Kind::text; });
      case Shape::named_amounts:
        return named(key, value, "a table of names and amounts", is_amount);
    }
  }

  void list(const ProfileKey& key, const TomlValue& value, Kind of, const char* wanted) {
    if (value.kind != Kind::list) return wrong_kind(key, value, wanted);
    for (const TomlValue& item : value.items)
      item.kind == of ? say(key, item) : wrong_kind(key, item, wanted);
  }

  template <typename Fits>
  void named(const ProfileKey& key, const TomlValue& value, const char* wanted, Fits fits) {
    if (value.kind != Kind::table) return wrong_kind(key, value, wanted);
    for (const TomlEntry& entry : value.entries)
      fits(entry.value) ? say(key, entry.value, entry.key) : wrong_kind(key, entry.value, wanted);
  }

  void rules(const ProfileKey& key, const TomlValue& value) {
    if (value.kind != Kind::list) return wrong_kind(key, value, "tables: [[syscalls.rules]]");
    for (const TomlValue& item : value.items) {
      const auto report = [&](TextPlace place, const std::string& what, const std::string& remedy) {
        problem(place, what, remedy);
      };
      const std::optional<SyscallRule> rule = read_rule(item, report);
      if (!rule) continue;
      bool known = true;
      for (const std::string& name : rule->names) known = checked(key, name, item.place) && known;
      if (known) out_.said.push_back({&key, rule_words(*rule), file_, item.place, rule});
    }
  }

  /// One value, `name` being its name in a table.
  void say(const ProfileKey& key, const TomlValue& value, const std::string& name = {}) {
    Said said{&key, {}, file_, value.place, {}};
    try {
      if (value.text.find('\0') != std::string::npos)
        throw UsageError(in_quotes(value.text) + " holds a zero byte", "nothing that cloche passes on can");
      if (!name.empty() && (name.find('=') != std::string::npos || name.find('\0') != std::string::npos))
        throw UsageError(in_quotes(name) + " is no name", "leave out '=' and control characters");
      said.value = replaced(key, value.text);
      if (!name.empty() || key.shape == Shape::named_texts) said.value = name + "=" + said.value;
      if (key.set) {
        Spec scratch;
        key.set(scratch, said.value);
      }
    } catch (const Error& error) {
      return problem(value.place, fmt::format("{}: {}", path_of(key), error.what()), error.remedy());
    }
    if (!checked(key, said.value, value.place)) return;
    const std::string path = path_of(key);
    if (path == "description")
      out_.description = said.value;
    else if (path == "extends")
      out_.extends.push_back(std::move(said));
    else
      out_.said.push_back(std::move(said));
  }

  bool checked(const ProfileKey& key, const std::string& value, TextPlace place) {
    try {
      if (check_) check_(key, value);
      return true;
    } catch (const Error& error) {
      problem(place, fmt::format("{}: {}", path_of(key), error.what()), error.remedy());
      return false;
    }
  }

  std::string replaced(const ProfileKey& key, const std::string& text) const {
    switch (key.expands) {
      case Expands::nothing:
        return text;
      case Expands::variables:
        return expand(text, variables_);
      case Expands::companion:
        return companion(expand(text, variables_));
      case Expands::place:
      case Expands::bind:
        break;
    }
    std::string path = expand(text, variables_, key.expands == Expands::bind);
    if (!path.starts_with('/'))
      throw UsageError(in_quotes(text) + " is not an absolute path",
                       text.starts_with('~')
                           ? "write $HOME for your home folder"
                           : "say from where: $PWD/… is the current folder, $HOME/… your home");
    return path;
  }

  /// A file beside this profile; a word without a slash is a name.
  std::string companion(const std::string& path) const {
    if (path.empty()) throw UsageError("a name or a file is missing here");
    if (path.starts_with('/') ||
        (path.find('/') == std::string::npos && !path.ends_with(".toml") && !path.ends_with(".json")))
      return path;
    const size_t slash = file_.rfind('/');
    return (slash == std::string::npos ? "./" : file_.substr(0, slash + 1)) + path;
  }

  const std::string& file_;
  const Variables& variables_;
  const ProfileCheck& check_;
  ProfileText out_;
};

}  // namespace

std::string problem_words(const Problem& problem) {
  if (problem.file.empty()) return problem.what;
  if (problem.place.line == 0) return fmt::format("{}: {}", printable(problem.file), problem.what);
  return fmt::format("{}:{}:{}: {}", printable(problem.file), problem.place.line, problem.place.column,
                     problem.what);
}

void apply(Spec& spec, const Said& said) {
  if (said.rule)
    spec.policy.syscalls.push_back(*said.rule);
  else if (said.key->set)
    said.key->set(spec, said.value);
}

ProfileText read_profile(std::string_view text, const std::string& file, const Variables& variables,
                         const ProfileCheck& check) {
  return Reader(file, variables, check).read(text);
}

}  // namespace cloche
