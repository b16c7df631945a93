// `cloche completions SHELL`: what a shell needs to complete cloche's command lines, made from the same
// tables that parse them.
#include <string>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/dispatch.h"

namespace cloche::cli {
namespace {

std::string names_of(std::span<const Option> table) {
  std::string all = "--help";
  for (const Option& option : table) all += fmt::format(" --{}", option.name);
  return all;
}

std::string command_names() {
  std::string all;
  for (const Command& command : commands()) all += fmt::format("{}{}", all.empty() ? "" : " ", command.name);
  return all;
}

std::string choices(const Option& option) {
  return join(split(option.complete, '|'), " ");
}

bool is_path(const Option& option) {
  const std::string_view kind = option.complete;
  return kind == "file" || kind == "directory";
}

/// A shell pattern of the options for which `wanted` holds, "" for none.
template <typename Wanted>
std::string pattern(std::span<const Option> table, Wanted wanted) {
  std::string all;
  for (const Option& option : table)
    if (wanted(option)) all += fmt::format("{}--{}", all.empty() ? "" : "|", option.name);
  return all;
}

std::string bash() {
  std::string text =
      "_cloche() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} i\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n";
  text += fmt::format("    COMPREPLY=($(compgen -W '{} --help --version' -- \"$word\"))\n    return\n  fi\n",
                      command_names());
  text += "  case ${COMP_WORDS[1]} in\n";
  for (const Command& command : commands()) {
    const auto table = command.options();
    const std::string valued = pattern(table, [](const Option& o) { return *o.value != 0; });
    text += fmt::format("  {})\n", command.name);
    // After the first word that is neither an option nor its value, the command's own completion goes on.
    text += "    for ((i = 2; i < COMP_CWORD; ++i)); do\n      case ${COMP_WORDS[i]} in\n";
    if (!valued.empty()) text += fmt::format("      {}) ((++i)) ;;\n", valued);
    text +=
        "      --) ((++i)); _command_offset \"$i\" 2>/dev/null; return ;;\n      -*) ;;\n"
        "      *) _command_offset \"$i\" 2>/dev/null; return ;;\n      esac\n    done\n";
    text += "    case $before in\n";
    for (const Option& option : table) {
      if (!*option.value) continue;
      if (is_path(option))
        text += fmt::format("    --{}) COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n", option.name);
      else
        text += fmt::format("    --{}) COMPREPLY=($(compgen -W '{}' -- \"$word\")); return ;;\n", option.name,
                            choices(option));
    }
    text += "    esac\n";
    text += fmt::format(
        "    case $word in\n    -*) COMPREPLY=($(compgen -W '{}' -- \"$word\")) ;;\n"
        "    *) COMPREPLY=($(compgen -c -- \"$word\")) ;;\n    esac\n    ;;\n",
        names_of(table));
  }
  return text + "  esac\n}\ncomplete -o filenames -F _cloche cloche\n";
}

/// Text inside of zsh's [...] and single quotes.
std::string zsh_words(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':') out += '\\';
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return out;
}

std::string zsh() {
  std::string text = "#compdef cloche\n\n_cloche() {\n  local -a names\n  names=(";
  for (const Command& command : commands())
    text += fmt::format("'{}:{}' ", command.name, zsh_words(command.summary));
  text +=
      ")\n  if (( CURRENT == 2 )); then\n    _describe command names\n    return\n  fi\n"
      "  shift words\n  (( CURRENT-- ))\n  case $words[1] in\n";
  for (const Command& command : commands()) {
    text += fmt::format("  {})\n    _arguments -S '--help[print this help]'", command.name);
    for (const Option& option : command.options()) {
      text += fmt::format(" \\\n      '*--{}{}[{}]", option.name, *option.value ? "=" : "",
                          zsh_words(option.help));
      if (*option.value) {
        const std::string action = std::string_view(option.complete) == "directory" ? "_files -/"
                                   : is_path(option)                                ? "_files"
                                   : *option.complete ? "(" + choices(option) + ")"
                                                      : " ";
        text += fmt::format(":{}:{}", zsh_words(option.value), action);
      }
      text += "'";
    }
    text += " \\\n      '(-):command:_command_names -e' '*::argument:_normal'\n    ;;\n";
  }
  return text + "  esac\n}\n\n_cloche \"$@\"\n";
}

std::string fish_words(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\'' ? std::string("\\'") : std::string(1, c);
  return "'" + out + "'";
}

std::string fish() {
  std::string text = "complete -c cloche -f\n";
  for (const Command& command : commands()) {
    text += fmt::format("complete -c cloche -n __fish_use_subcommand -a {} -d {}\n", command.name,
                        fish_words(command.summary));
    text +=
        fmt::format("complete -c cloche -n '__fish_seen_subcommand_from {}' -l help -d 'print this help'\n",
                    command.name);
    for (const Option& option : command.options()) {
      text += fmt::format("complete -c cloche -n '__fish_seen_subcommand_from {}' -l {} -d {}", command.name,
                          option.name, fish_words(option.help));
      if (*option.value) text += is_path(option) ? " -r -F" : fmt::format(" -x -a '{}'", choices(option));
      text += "\n";
    }
    text += fmt::format(
        "complete -c cloche -n '__fish_seen_subcommand_from {}' -a '(__fish_complete_subcommand)'\n",
        command.name);
  }
  return text;
}

}  // namespace

int completions(const Words& words) {
  const std::string shell = words.size() == 1 ? words.front() : "";
  if (shell == "bash")
    fmt::print("{}", bash());
  else if (shell == "zsh")
    fmt::print("{}", zsh());
  else if (shell == "fish")
    fmt::print("{}", fish());
  else
    throw UsageError("completions are made for one shell", "name it: cloche completions bash, zsh or fish");
  return 0;
}

}  // namespace cloche::cli
