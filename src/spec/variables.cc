#include "spec/variables.h"

#include <cctype>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace cloche {
namespace {

bool is_letter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

/// The name after the dollar sign at `at`, which is moved past it; empty where there is none.
std::string name_at(const std::string& text, size_t& at) {
  const size_t begin = at + 1;
  if (begin < text.size() && text[begin] == '{') {
    const size_t end = text.find('}', begin);
    if (end == std::string::npos) return {};
    at = end + 1;
    return text.substr(begin + 1, end - begin - 1);
  }
  size_t end = begin;
  while (end < text.size() && is_letter(text[end])) ++end;
  at = end;
  return text.substr(begin, end - begin);
}

const std::string& value_of(const std::string& name, const Variables& variables) {
  const auto found = variables.find(name);
  if (found == variables.end()) {
    std::vector<std::string> names;
    for (const auto& [known, value] : variables) names.push_back(known);
    const auto meant = nearest(name, names);
    throw UsageError("there is no variable " + in_quotes("$" + name),
                     meant ? "did you mean $" + *meant + "?" : "there are: $" + join(names, ", $"));
  }
  if (found->second.empty())
    throw UsageError("$" + name + " has no value here", "write the path itself, or run where it has one");
  return found->second;
}

}  // namespace

Variables profile_variables(const std::map<std::string, std::string>& environment, const std::string& home,
                            const std::string& user, const std::string& working_directory,
                            const std::string& runtime_directory) {
  Variables variables = {
      {"HOME", home}, {"PWD", working_directory}, {"USER", user}, {"XDG_RUNTIME_DIR", runtime_directory}};
  const auto folder = [&](const char* name, const char* below_home) {
    const auto said = environment.find(name);
    // A relative one is to be taken as not said, by the specification.
    const bool usable = said != environment.end() && said->second.starts_with('/');
    variables[name] = usable ? said->second : home + below_home;
  };
  folder("XDG_CONFIG_HOME", "/.config");
  folder("XDG_CACHE_HOME", "/.cache");
  folder("XDG_DATA_HOME", "/.local/share");
  folder("XDG_STATE_HOME", "/.local/state");
  return variables;
}

std::string expand(const std::string& text, const Variables& variables, bool in_path) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '$') {
      out += text[i++];
      continue;
    }
    if (text.compare(i, 2, "$$") == 0) {
      out += '$';
      i += 2;
      continue;
    }
    const std::string name = name_at(text, i);
    if (name.empty())
      throw UsageError("a '$' stands alone in " + in_quotes(text),
                       "write $NAME or ${NAME} for a variable, $$ for a dollar sign");
    for (const char c : value_of(name, variables)) {
      if (in_path && c == ':') out += '\\';
      out += c;
    }
  }
  return out;
}

}  // namespace cloche
