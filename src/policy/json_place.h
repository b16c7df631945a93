// A value within a JSON text together with where it stands, so that whatever is wrong with it can be said
// with its place.
//
//   Place root{json, "", "seccomp.json"};
//   root.list("syscalls")[3].text("action")    // wrong type: 'seccomp.json', at /syscalls/3/action: …
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace cloche {

class Place {
 public:
  Place(const nlohmann::json& value, std::string pointer, const std::string& file)
      : value_(&value), pointer_(std::move(pointer)), file_(&file) {}

  const nlohmann::json& json() const { return *value_; }

  /// Each throws where the value is there and is of another type; null counts as not there.
  std::optional<Place> member(const std::string& key) const;
  std::optional<std::string> text(const std::string& key) const;
  std::optional<std::uint64_t> number(const std::string& key) const;
  std::vector<Place> list(const std::string& key) const;
  std::vector<std::string> texts(const std::string& key) const;
  std::string as_text() const;

  /// Throws for a key that is none of `known`, naming the nearest.
  void expect_object(const std::vector<std::string>& known) const;
  /// Throws unless `word` is one of `known`, naming the nearest.
  void expect_word(const char* kind, const std::string& word, const std::vector<std::string>& known) const;

  [[noreturn]] void fail(const std::string& what, const std::string& remedy = {}) const;

 private:
  const nlohmann::json* value_;
  std::string pointer_;
  const std::string* file_;
};

/// Throws Error with line and column where `text` is no JSON.
nlohmann::json parse_json(const std::string& text, const std::string& file);

}  // namespace cloche
