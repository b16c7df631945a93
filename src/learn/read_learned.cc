#include <cstdlib>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "learn/profile_text.h"

namespace cloche {
namespace {

/// The lines that profile_text() writes, each by its form; anything else is somebody's own.
class Reader {
 public:
  Reader(const std::string& text, const std::string& path) : lines_(split(text, '\n')), path_(path) {}

  Learned read() {
    learned_.runs = 0;
    for (const std::string& line : lines_) {
      ++number_;
      take(std::string(trim(line)));
    }
    if (learned_.runs == 0)
      throw Error(in_quotes(path_) + " is no profile that cloche learn wrote",
                  "merge into one that is, or leave --merge out");
    return std::move(learned_);
  }

 private:
  void take(const std::string& line) {
    if (refused_) {
      refused_ = line != "]";
    } else if (line.empty() || is_heading(line)) {
      return;
    } else if (const auto runs = after(line, "# Learned by cloche from ")) {
      learned_.runs = std::strtoull(runs->c_str(), nullptr, 10);
    } else if (const auto description = after(line, "description = ")) {
      learned_.description = text_of(*description);
    } else if (const auto extended = after(line, "extends = ")) {
      learned_.extends = texts_of(*extended);
    } else if (const auto here = after(line, "here = ")) {
      learned_.here = text_of(*here);
    } else if (const auto mode = after(line, "mode = ")) {
      learned_.network = text_of(*mode) == "host";
    } else if (const auto memory = after(line, "#memory = ")) {
      learned_.memory_peak = peak_of(*memory);
    } else if (const auto tasks = after(line, "#tasks = ")) {
      learned_.tasks_peak = peak_of(*tasks);
    } else if (const auto call = after(line, "# @")) {
      add(learned_.calls, call->substr(std::min(call->find(' '), call->size() - 1) + 1));
    } else if (const auto connected = after(line, "# tcp-connect ")) {
      add(learned_.tcp_connect, *connected);
    } else if (const auto bound = after(line, "# tcp-bind ")) {
      add(learned_.tcp_bind, *bound);
    } else if (const auto option = after(line, "#- ")) {
      add(learned_.not_granted, *option);
    } else if (line == "deny = [") {
      refused_ = true;
    } else if (line == "]") {
      list_ = nullptr;
    } else if (list_ && line.front() != '#') {
      add(*list_, line);
    } else if (line.front() != '#') {
      begin_list(line);
    }
  }

  void begin_list(const std::string& line) {
    if (line == "ro-if-present = [")
      list_ = &learned_.ro;
    else
      throw Error(fmt::format("{}, line {}: {} was not written by cloche learn, and would be lost",
                              in_quotes(path_), number_, in_quotes(line)),
                  "keep what is your own in a profile that extends this one");
  }

  static bool is_heading(const std::string& line) {
    return line == "[view]" || line == "[network]" || line == "[syscalls]" || line == "[limits]";
  }

  static std::optional<std::string> after(const std::string& line, const char* beginning) {
    if (!line.starts_with(beginning)) return std::nullopt;
    return line.substr(std::string_view(beginning).size());
  }

  /// A TOML string as profile_text() writes it, which is a JSON string too.
  std::string text_of(const std::string& quoted) const {
    const auto value = nlohmann::json::parse(quoted, nullptr, false);
    if (value.is_string()) return value.get<std::string>();
    throw Error(fmt::format("{}, line {}: {} is not a string", in_quotes(path_), number_, in_quotes(quoted)));
  }

  /// Of profile names: two dollar signs are one.
  std::vector<std::string> texts_of(const std::string& list) const {
    const auto values = nlohmann::json::parse(list, nullptr, false);
    if (!values.is_array())
      throw Error(fmt::format("{}, line {}: {} is not a list as cloche learn writes it", in_quotes(path_),
                              number_, in_quotes(list)));
    std::vector<std::string> texts;
    for (const auto& value : values) {
      std::string text = text_of(value.dump());
      for (std::size_t at = 0; (at = text.find("$$", at)) != std::string::npos; ++at) text.erase(at, 1);
      texts.push_back(text);
    }
    return texts;
  }

  static std::optional<std::uint64_t> peak_of(const std::string& rest) {
    const std::size_t at = rest.find("# peak ");
    if (at == std::string::npos) return std::nullopt;
    return std::strtoull(rest.c_str() + at + 7, nullptr, 10);
  }

  /// `VALUE,  # COUNT, PROCESS: WHY`; without the comment it is a rule that a person added.
  void add(Rules& rules, const std::string& line) const {
    const std::size_t comment = line.rfind("  # ");
    std::string value = line.substr(0, comment);
    if (value.ends_with(',')) value.pop_back();
    if (value.starts_with('"')) value = text_of(value);
    Seen seen;
    if (comment != std::string::npos) {
      char* rest = nullptr;
      seen.count = std::strtoull(line.c_str() + comment + 4, &rest, 10);
      const std::string words = std::string_view(rest).starts_with(", ") ? rest + 2 : "";
      const std::size_t colon = words.find(": ");
      seen.process = words.substr(0, colon);
      if (seen.process == "?") seen.process.clear();
      if (colon != std::string::npos) seen.why = words.substr(colon + 2);
    }
    rules[value] = seen;
  }

  const std::vector<std::string> lines_;
  const std::string& path_;
  std::size_t number_ = 0;
  Learned learned_;
  Rules* list_ = nullptr;
  bool refused_ = false;
};

}  // namespace

Learned read_learned(const std::string& text, const std::string& path) {
  return Reader(text, path).read();
}

}  // namespace cloche
