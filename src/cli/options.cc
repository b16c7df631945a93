#include "cli/options.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <boost/program_options.hpp>

#include "base/error.h"
#include "base/text.h"

namespace cloche::cli {
namespace {

namespace po = boost::program_options;

constexpr Option kHelp = {"help", "", "print this help", "other"};

const Option* find(std::span<const Option> table, std::string_view name) {
  const auto row = std::find_if(table.begin(), table.end(), [&](const Option& o) { return name == o.name; });
  if (row != table.end()) return &*row;
  return name == kHelp.name ? &kHelp : nullptr;
}

std::vector<std::string> names(std::span<const Option> table) {
  std::vector<std::string> all = {kHelp.name};
  for (const Option& option : table) all.emplace_back(option.name);
  return all;
}

/// The short forms among the options, written out.
Words in_full(std::span<const Option> table, Words words) {
  for (size_t i = 0; i < words.size(); ++i) {
    std::string& word = words[i];
    if (word == "--" || word.size() < 2 || word[0] != '-') break;
    for (const Option& option : table)
      if (option.letter && word == std::string{'-', option.letter}) word = fmt::format("--{}", option.name);
    const Option* option = find(table, std::string_view(word).substr(2));
    if (option && *option->value) ++i;
  }
  return words;
}

/// How many of `words` belong to the options: up to `--`, or to the first word that is none. Checks each
/// option on the way, so that the messages are ours and in the order of the line.
size_t options_end(std::span<const Option> table, const Words& words) {
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--" || word.size() < 2 || word[0] != '-') return i;
    if (word[1] != '-')
      throw UsageError("unknown option " + in_quotes(word),
                       "options are written in full, such as --memory 2G");
    const size_t equals = word.find('=');
    const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
    const Option* option = find(table, name);
    if (!option) {
      const auto meant = nearest(name, names(table));
      throw UsageError("unknown option " + in_quotes("--" + name),
                       meant ? "did you mean --" + *meant + "?" : "see --help for the options there are");
    }
    if (!*option->value && equals != std::string::npos)
      throw UsageError(fmt::format("--{} takes no value", name));
    if (*option->value && equals == std::string::npos && ++i == words.size())
      throw UsageError(fmt::format("--{} needs a value: {}", name, option->value));
  }
  return words.size();
}

/// Appends what Boost reads from `words`, all of which are known to be options with their values.
void read_options(std::span<const Option> table, const Words& words, Parsed& parsed) {
  po::options_description description;
  const auto add = [&](const Option& option) {
    if (*option.value)
      description.add_options()(option.name, po::value<std::vector<std::string>>(), option.help);
    else
      description.add_options()(option.name, option.help);
  };
  // Only what stands on the line: describing all forty options to Boost takes a tenth of a millisecond.
  std::set<std::string_view> described;
  for (const std::string& word : words)
    if (const std::string_view name = std::string_view(word).substr(2, word.find('=') - 2);
        described.insert(name).second)
      add(*find(table, name));
  namespace style = po::command_line_style;
  const auto read = po::command_line_parser(words)
                        .options(description)
                        .style(style::allow_long | style::long_allow_adjacent | style::long_allow_next)
                        .run();
  for (const auto& option : read.options)
    parsed.options.emplace_back(option.string_key, option.value.empty() ? "" : option.value.front());
}

/// Boost takes `--opt=` for a missing value; an empty one may well be meant (`--env=`, refused later by
/// name).
Words with_values_apart(std::span<const Option> table, const Words& words) {
  Words apart;
  for (size_t i = 0; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    const std::string name = words[i].substr(2, equals == std::string::npos ? equals : equals - 2);
    apart.push_back("--" + name);
    if (!*find(table, name)->value) continue;
    apart.push_back(equals == std::string::npos ? words[++i] : words[i].substr(equals + 1));
  }
  return apart;
}

}  // namespace

bool Parsed::has(const std::string& name) const {
  return value(name).has_value();
}

std::optional<std::string> Parsed::value(const std::string& name) const {
  const auto row =
      std::find_if(options.rbegin(), options.rend(), [&](const auto& o) { return o.first == name; });
  if (row == options.rend()) return std::nullopt;
  return row->second;
}

Parsed parse(std::span<const Option> table, const Words& given) {
  Parsed parsed;
  const Words words = in_full(table, given);
  const size_t end = options_end(table, words);
  const auto first_word = words.begin() + static_cast<std::ptrdiff_t>(end);
  // Values that begin with a dash are values all the same: they are joined to their option for Boost.
  Words joined;
  const Words apart = with_values_apart(table, Words(words.begin(), first_word));
  for (size_t i = 0; i < apart.size(); ++i) {
    const Option* option = find(table, std::string_view(apart[i]).substr(2));
    if (!*option->value) {
      joined.push_back(apart[i]);
    } else if (apart[i + 1].empty()) {
      throw UsageError(fmt::format("--{} needs a value: {}", option->name, option->value));
    } else {
      joined.push_back(apart[i] + "=" + apart[i + 1]);
      ++i;
    }
  }
  read_options(table, joined, parsed);
  parsed.words.assign(first_word, words.end());
  if (!parsed.words.empty() && parsed.words.front() == "--") parsed.words.erase(parsed.words.begin());
  return parsed;
}

Parsed parse_mixed(std::span<const Option> table, const Words& words) {
  Parsed all;
  Words rest = words;
  while (true) {
    Parsed part = parse(table, rest);
    all.options.insert(all.options.end(), part.options.begin(), part.options.end());
    const bool ended = part.words.size() < rest.size() &&
                       rest[rest.size() - part.words.size() - 1] == "--";  // what follows is words only
    if (part.words.empty() || ended) {
      all.words.insert(all.words.end(), part.words.begin(), part.words.end());
      return all;
    }
    all.words.push_back(part.words.front());
    rest.assign(part.words.begin() + 1, part.words.end());
  }
}

std::string help_text(const std::string& usage, const std::string& summary, std::span<const Option> table) {
  std::string text = fmt::format("Usage: {}\n\n{}\n", usage, summary);
  std::vector<std::string> groups;
  for (const Option& option : table)
    if (std::find(groups.begin(), groups.end(), option.group) == groups.end())
      groups.emplace_back(option.group);
  if (std::find(groups.begin(), groups.end(), kHelp.group) == groups.end()) groups.emplace_back(kHelp.group);

  const auto row = [&](const Option& option) {
    const std::string left = fmt::format("  --{}{}{}", option.name, *option.value ? " " : "", option.value);
    text += left.size() < 30 ? fmt::format("{:<30}{}\n", left, option.help)
                             : fmt::format("{}\n{:30}{}\n", left, "", option.help);
  };
  for (const auto& group : groups) {
    text += fmt::format("\n{}:\n", group);
    for (const Option& option : table)
      if (group == option.group) row(option);
    if (group == kHelp.group) row(kHelp);
  }
  return text;
}

}  // namespace cloche::cli
