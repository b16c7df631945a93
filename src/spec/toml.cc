#include "spec/toml.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

// Some wrong texts trip over an assertion of toml++, which would end the process: an error like any other.
[[noreturn]] static void assertion_failed() {
  throw std::logic_error("a key or a value cannot be read");
}
#define TOML_ASSERT(expression) ((expression) ? static_cast<void>(0) : assertion_failed())
#undef NDEBUG  // with it, toml++ would take what it asserts for granted
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "base/text.h"

namespace cloche {
namespace {

// toml++ bounds the nesting of brackets, but not that of dotted names, and walks both by recursion.
constexpr int kDeepest = 16;

TextPlace place_of(const toml::source_region& region) {
  return {static_cast<unsigned>(region.begin.line), static_cast<unsigned>(region.begin.column)};
}

/// Looks at dots and brackets outside of strings and comments only.
class DepthCheck {
 public:
  explicit DepthCheck(std::string_view text) : text_(text) {}

  void run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        skip_string(c);
        continue;
      }
      if (c == '#') at_ = std::min(text_.find('\n', at_), text_.size());
      if (at_ >= text_.size()) return;
      count(text_[at_]);
      advance();
    }
  }

 private:
  void count(char c) {
    if (c == '.') {
      ++dots_;
    } else if (c == '[' || c == '{') {
      ++open_;
      dots_ = 0;
    } else if (c == ']' || c == '}') {
      open_ = std::max(0, open_ - 1);
    } else if (c == '\n' || c == ',' || c == '=') {
      dots_ = 0;
    }
    if (dots_ > kDeepest || open_ > kDeepest)
      throw TomlError(fmt::format("it is nested more than {} deep", kDeepest), {line_, column_});
  }

  void advance() {
    ++column_;
    if (text_[at_++] == '\n') {
      ++line_;
      column_ = 1;
    }
  }

  /// Past the end of the string that begins here, or of the text. A string of one line ends with its line,
  /// whatever it lacks: the parser says so.
  void skip_string(char quote) {
    const std::string three(3, quote);
    const bool many_lines = text_.substr(at_, 3) == three;
    const std::string_view end = many_lines ? std::string_view(three) : std::string_view(three).substr(0, 1);
    for (std::size_t i = 0; i < end.size(); ++i) advance();
    while (at_ < text_.size() && text_.substr(at_, end.size()) != end) {
      if (text_[at_] == '\n' && !many_lines) return;
      if (text_[at_] == '\\' && quote == '"' && at_ + 1 < text_.size()) advance();
      advance();
    }
    for (std::size_t i = 0; i < end.size() && at_ < text_.size(); ++i) advance();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  unsigned line_ = 1, column_ = 1;
  int dots_ = 0, open_ = 0;
};

TomlValue converted(const toml::node& node);

TomlValue converted_table(const toml::table& table) {
  TomlValue value;
  for (const auto& [key, node] : table)
    value.entries.push_back({std::string(key.str()), place_of(key.source()), converted(node)});
  std::sort(value.entries.begin(), value.entries.end(),
            [](const TomlEntry& a, const TomlEntry& b) { return a.place < b.place; });
  return value;
}

TomlValue converted(const toml::node& node) {
  TomlValue value;
  using Kind = TomlValue::Kind;
  if (const auto* table = node.as_table()) {
    value = converted_table(*table);
  } else if (const auto* list = node.as_array()) {
    value.kind = Kind::list;
    for (const toml::node& item : *list) value.items.push_back(converted(item));
  } else if (const auto* text = node.as_string()) {
    value.kind = Kind::text;
    value.text = text->get();
  } else if (const auto* whole = node.as_integer()) {
    value.kind = Kind::whole;
    value.whole = whole->get();
    value.text = std::to_string(value.whole);
  } else if (const auto* real = node.as_floating_point()) {
    value.kind = Kind::real;
    value.text = fmt::format("{}", real->get());
  } else if (const auto* truth = node.as_boolean()) {
    value.kind = Kind::truth;
    value.text = truth->get() ? "true" : "false";
  } else {
    value.kind = Kind::time;
  }
  value.place = place_of(node.source());
  return value;
}

bool trips(std::string_view text) {
  try {
    toml::parse(text);
  } catch (const toml::parse_error&) {
  } catch (const std::logic_error&) {
    return true;
  }
  return false;
}

/// The line with which `text`, which trips over an assertion, begins to.
unsigned line_that_trips(std::string_view text) {
  std::vector<size_t> ends;
  for (size_t end = 0; end < text.size(); ++end)
    if (text[end] == '\n' || end + 1 == text.size()) ends.push_back(end + 1);
  const auto first =
      std::partition_point(ends.begin(), ends.end(), [&](size_t end) { return !trips(text.substr(0, end)); });
  return static_cast<unsigned>(first - ends.begin()) + 1;
}

}  // namespace

const char* kind_words(TomlValue::Kind kind) {
  switch (kind) {
    case TomlValue::Kind::text:
      return "a text";
    case TomlValue::Kind::whole:
      return "a number";
    case TomlValue::Kind::real:
      return "a number with a fraction";
    case TomlValue::Kind::truth:
      return "true or false";
    case TomlValue::Kind::time:
      return "a date or time";
    case TomlValue::Kind::list:
      return "a list";
    case TomlValue::Kind::table:
      return "a table";
  }
  return "something else";
}

std::string toml_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out + "\"";
}

std::string toml_key(std::string_view key) {
  const auto bare = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
  };
  return !key.empty() && std::all_of(key.begin(), key.end(), bare) ? std::string(key) : toml_quoted(key);
}

TomlValue parse_toml(std::string_view text) {
  DepthCheck(text).run();
  try {
    return converted(toml::parse(text));
  } catch (const toml::parse_error& error) {
    throw TomlError(printable(error.description()), place_of(error.source()));
  } catch (const std::logic_error& error) {
    throw TomlError(error.what(), {line_that_trips(text), 1});
  }
}

}  // namespace cloche
