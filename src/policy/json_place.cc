#include "policy/json_place.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace cloche {

using Json = nlohmann::json;

void Place::fail(const std::string& what, const std::string& remedy) const {
  throw Error(fmt::format("{}, at {}: {}", in_quotes(*file_),
                          pointer_.empty() ? "its top" : printable(pointer_), what),
              remedy);
}

std::optional<Place> Place::member(const std::string& key) const {
  const auto found = value_->find(key);
  if (found == value_->end() || found->is_null()) return std::nullopt;
  return Place(*found, pointer_ + "/" + key, *file_);
}

std::string Place::as_text() const {
  if (!value_->is_string()) fail(fmt::format("a text is expected here, not {}", value_->type_name()));
  return value_->get<std::string>();
}

std::optional<std::string> Place::text(const std::string& key) const {
  const auto found = member(key);
  if (!found) return std::nullopt;
  return found->as_text();
}

std::optional<std::uint64_t> Place::number(const std::string& key) const {
  const auto found = member(key);
  if (!found) return std::nullopt;
  if (!found->value_->is_number_unsigned())
    found->fail(fmt::format("a whole number from 0 to 2^64-1 is expected here, not {}",
                            found->value_->is_number() ? found->value_->dump() : found->value_->type_name()));
  return found->value_->get<std::uint64_t>();
}

std::vector<Place> Place::list(const std::string& key) const {
  const auto found = member(key);
  if (!found) return {};
  if (!found->value_->is_array())
    found->fail(fmt::format("a list is expected here, not {}", found->value_->type_name()));
  std::vector<Place> all;
  for (std::size_t i = 0; i < found->value_->size(); ++i)
    all.emplace_back((*found->value_)[i], fmt::format("{}/{}", found->pointer_, i), *file_);
  return all;
}

std::vector<std::string> Place::texts(const std::string& key) const {
  const auto found = member(key);
  if (!found) return {};
  const Json& all = *found->value_;
  if (!all.is_array() ||
      !std::all_of(all.begin(), all.end(), [](const Json& one) { return one.is_string(); }))
    for (const Place& one : list(key)) one.as_text();  // says which
  return all.get<std::vector<std::string>>();
}

void Place::expect_object(const std::vector<std::string>& known) const {
  if (!value_->is_object()) fail(fmt::format("an object is expected here, not {}", value_->type_name()));
  for (const auto& [key, ignored] : value_->items()) expect_word("key", key, known);
}

void Place::expect_word(const char* kind, const std::string& word,
                        const std::vector<std::string>& known) const {
  if (std::find(known.begin(), known.end(), word) != known.end()) return;
  const auto meant = nearest(word, known);
  fail(fmt::format("there is no {} {}", kind, in_quotes(word)),
       meant ? "did you mean " + *meant + "?" : "there are: " + join(known, ", "));
}

Json parse_json(const std::string& text, const std::string& file) {
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    const std::size_t at = std::min(error.byte > 0 ? error.byte - 1 : 0, text.size());
    const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
    const std::size_t begin = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
    const std::size_t column = begin == std::string::npos ? at + 1 : at - begin;
    throw Error(fmt::format("{}, line {}, column {}: this is no JSON", in_quotes(file), line, column),
                "a filter file is JSON, as Docker, Podman or an OCI runtime take it");
  } catch (const Json::exception& error) {
    throw Error(fmt::format("{}: this is no JSON: {}", in_quotes(file), printable(error.what())));
  }
}

}  // namespace cloche
