#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/profile_view.h"

namespace cloche::cli {
namespace {

using Json = nlohmann::ordered_json;
using Shape = ProfileKey::Shape;
constexpr size_t kOriginColumn = 46;

bool is_said_once(const ProfileKey& key) {
  return key.shape == Shape::text || key.shape == Shape::amount;
}

bool is_named(const ProfileKey& key) {
  return key.shape == Shape::named_texts || key.shape == Shape::named_amounts;
}

std::string name_of(const std::string& pair) {
  return pair.substr(0, pair.find('='));
}

/// What a later entry of the same table takes the place of.
bool replaces(const Said& later, const Said& earlier) {
  return later.key == earlier.key &&
         (is_said_once(*later.key) ||
          (is_named(*later.key) && name_of(later.value) == name_of(earlier.value)));
}

std::string in_toml(const ProfileKey& key, const std::string& value) {
  const bool number = (key.shape == Shape::ports || key.shape == Shape::amount || is_named(key)) &&
                      key.shape != Shape::named_texts && whole_number(value);
  return number ? value : toml_quoted(value);
}

std::string line_of(const ProfileValue& value) {
  if (!is_named(*value.key)) return fmt::format("{} = {}", value.key->name, in_toml(*value.key, value.value));
  const std::string name = name_of(value.value);
  return fmt::format("{}.{} = {}", value.key->name, toml_key(name),
                     in_toml(*value.key, value.value.substr(name.size() + 1)));
}

std::string origin_of(const ProfileValue& value) {
  if (!value.said) return "default";
  return fmt::format("{}:{}", printable(value.said->file), value.said->place.line);
}

}  // namespace

std::vector<ProfileValue> values_in_force(const LoadedProfiles& loaded) {
  std::vector<ProfileValue> values;
  const auto& said = loaded.said;
  const auto is_replaced = [&](size_t at) {
    return std::any_of(said.begin() + static_cast<std::ptrdiff_t>(at) + 1, said.end(),
                       [&](const Said& later) { return replaces(later, said[at]); });
  };
  for (const std::string& section : profile_sections()) {
    for (const ProfileKey& key : profile_keys()) {
      if (section != key.section || !is_said_once(key)) continue;
      const auto last =
          std::find_if(said.rbegin(), said.rend(), [&](const Said& one) { return one.key == &key; });
      if (last != said.rend())
        values.push_back({&key, last->value, &*last});
      else if (*key.fallback)
        values.push_back({&key, key.fallback, nullptr});
    }
    for (size_t i = 0; i < said.size(); ++i)
      if (section == said[i].key->section && !is_said_once(*said[i].key) && !is_replaced(i))
        values.push_back({said[i].key, said[i].value, &said[i]});
  }
  return values;
}

std::string values_text(const LoadedProfiles& loaded) {
  std::string text;
  for (const LoadedProfile& profile : loaded.profiles)
    text += fmt::format("# {}{}{}\n", printable(profile.source.file), profile.description.empty() ? "" : ": ",
                        printable(profile.description));
  std::string section;
  for (const ProfileValue& value : values_in_force(loaded)) {
    if (section != value.key->section) text += fmt::format("\n[{}]\n", section = value.key->section);
    text += fmt::format("{:<{}} # {}\n", line_of(value), kOriginColumn, origin_of(value));
  }
  return text;
}

std::string values_json(const LoadedProfiles& loaded) {
  Json profiles = Json::array(), values = Json::array();
  for (const LoadedProfile& profile : loaded.profiles)
    profiles.push_back({{"name", profile.source.name},
                        {"from", from_words(profile.source.from)},
                        {"file", profile.source.file},
                        {"description", profile.description}});
  for (const ProfileValue& value : values_in_force(loaded)) {
    Json one = {{"key", path_of(*value.key)}, {"value", value.value}, {"origin", "default"}};
    if (value.said) {
      one["origin"] = value.said->file;
      one["line"] = value.said->place.line;
      one["column"] = value.said->place.column;
    }
    values.push_back(std::move(one));
  }
  const Json all = {{"profiles", std::move(profiles)}, {"values", std::move(values)}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cloche::cli
