#include "spec/values.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace cloche {
namespace {

constexpr auto kRlimits = std::to_array<std::pair<const char*, int>>({{"as", RLIMIT_AS},
                                                                      {"core", RLIMIT_CORE},
                                                                      {"cpu", RLIMIT_CPU},
                                                                      {"data", RLIMIT_DATA},
                                                                      {"fsize", RLIMIT_FSIZE},
                                                                      {"locks", RLIMIT_LOCKS},
                                                                      {"memlock", RLIMIT_MEMLOCK},
                                                                      {"msgqueue", RLIMIT_MSGQUEUE},
                                                                      {"nice", RLIMIT_NICE},
                                                                      {"nofile", RLIMIT_NOFILE},
                                                                      {"nproc", RLIMIT_NPROC},
                                                                      {"rss", RLIMIT_RSS},
                                                                      {"rtprio", RLIMIT_RTPRIO},
                                                                      {"rttime", RLIMIT_RTTIME},
                                                                      {"sigpending", RLIMIT_SIGPENDING},
                                                                      {"stack", RLIMIT_STACK}});

struct Halves {
  std::string first, second;
  bool two = false;
};

/// At the first colon without a backslash before it; "\:" becomes ":".
Halves at_colon(const std::string& text) {
  Halves halves;
  std::string* into = &halves.first;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ':') {
      *into += text[++i];
    } else if (text[i] == ':' && !halves.two) {
      halves.two = true;
      into = &halves.second;
    } else {
      *into += text[i];
    }
  }
  return halves;
}

[[noreturn]] void wrong(const std::string& text, const char* what, const char* remedy) {
  throw UsageError(fmt::format("{} is not {}", in_quotes(text), what), remedy);
}

std::uint64_t number_between(const std::string& text, std::uint64_t least, std::uint64_t most,
                             const char* what, const char* remedy) {
  const auto number = whole_number(text);
  if (!number || *number < least || *number > most) wrong(text, what, remedy);
  return *number;
}

template <typename Mode>
Mode one_of(const std::string& text, const char* what,
            std::initializer_list<std::pair<const char*, Mode>> choices) {
  std::vector<std::string> words;
  for (const auto& [word, mode] : choices) {
    if (text == word) return mode;
    words.emplace_back(word);
  }
  throw UsageError(fmt::format("{} is not {}", in_quotes(text), what), "choose one of " + join(words, ", "));
}

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_';
}

}  // namespace

ViewChange parse_bind(ViewChange::Kind kind, const std::string& text) {
  const Halves halves = at_colon(text);
  if (halves.first.empty() || (halves.two && halves.second.empty()))
    wrong(text, "a path", "give PATH or PATH:DEST; write \\: for a colon in a path");
  if (halves.two && halves.second.front() != '/')
    wrong(halves.second, "an absolute path", "DEST is a place inside the sandbox: begin it with /");
  return {kind, halves.first, halves.second, {}};
}

ViewChange parse_tmpfs(const std::string& text) {
  const Halves halves = at_colon(text);
  if (halves.first.empty() || halves.first.front() != '/')
    wrong(halves.first, "an absolute path", "give DEST or DEST:SIZE, such as /scratch:1G");
  ViewChange change{ViewChange::Kind::tmpfs, {}, halves.first, {}};
  if (halves.two) {
    change.size = parse_size(halves.second);
    if (*change.size == 0) wrong(halves.second, "a size above 0", "leave :SIZE out for the kernel's default");
  }
  return change;
}

As parse_as(const std::string& text) {
  if (text == "self") return {};
  if (text == "root") return {As::Kind::root, 0, 0};
  constexpr const char* remedy = "give self, root, UID or UID:GID";
  const Halves halves = at_colon(text);
  const auto id = [&](const std::string& part) {
    return static_cast<std::uint32_t>(number_between(part, 0, 0xFFFFFFFE, "a user or group number", remedy));
  };
  const std::uint32_t uid = id(halves.first);
  return {As::Kind::ids, uid, halves.two ? id(halves.second) : uid};
}

HereMode parse_here(const std::string& text) {
  return one_of<HereMode>(
      text, "a way to show the current folder",
      {{"rw", HereMode::writable}, {"ro", HereMode::read_only}, {"none", HereMode::none}});
}

MapMode parse_map_mode(const std::string& text) {
  return one_of<MapMode>(text, "a way to map ids", {{"range", MapMode::range}, {"single", MapMode::single}});
}

NetMode parse_net(const std::string& text) {
  return one_of<NetMode>(text, "a kind of network", {{"none", NetMode::none}, {"host", NetMode::host}});
}

LandlockMode parse_landlock_mode(const std::string& text) {
  return one_of<LandlockMode>(
      text, "a Landlock mode",
      {{"auto", LandlockMode::automatic}, {"require", LandlockMode::require}, {"off", LandlockMode::off}});
}

std::string parse_hostname(const std::string& text) {
  const bool fits = !text.empty() && text.size() <= 64 && text.find('_') == std::string::npos &&
                    std::all_of(text.begin(), text.end(), is_name_character) && text.front() != '-' &&
                    text.front() != '.' && text.back() != '-' && text.back() != '.';
  if (!fits) wrong(text, "a host name", "use letters, digits, '-' and '.', at most 64");
  return text;
}

std::string parse_name(const std::string& text) {
  const bool fits = !text.empty() && text.size() <= 63 &&
                    std::all_of(text.begin(), text.end(), is_name_character) &&
                    std::isalnum(static_cast<unsigned char>(text.front()));
  if (!fits)
    wrong(text, "a name",
          "use letters, digits, '-', '_' and '.', at most 63, beginning with a letter or digit");
  return text;
}

EnvironmentChange parse_environment(const std::string& text) {
  const size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  if (name.empty()) wrong(text, "a variable", "give NAME or NAME=VALUE");
  if (equals == std::string::npos) return {name, {}};
  return {name, text.substr(equals + 1)};
}

std::uint64_t parse_weight(const std::string& text) {
  return number_between(text, 1, 10000, "a weight",
                        "give a whole number from 1 to 10000; 100 is everybody's default");
}

std::uint64_t parse_tasks(const std::string& text) {
  return number_between(text, 1, 4'194'304, "a number of tasks", "give a whole number from 1 to 4194304");
}

IoMax parse_io_max(const std::string& text) {
  constexpr const char* remedy = "give DEV:KEY=N[,KEY=N], such as /dev/sda:rbps=10M,wiops=200";
  const size_t equals = text.find('=');
  const size_t colon = text.rfind(':', equals);
  if (equals == std::string::npos || colon == std::string::npos || colon == 0)
    wrong(text, "an io limit", remedy);
  IoMax limit{text.substr(0, colon), {}};
  const auto parts = split(limit.device, ':');
  const bool numbers = parts.size() == 2 && whole_number(parts[0]) && whole_number(parts[1]);
  if (limit.device.front() != '/' && !numbers) wrong(limit.device, "a device", "name it /dev/… or MAJ:MIN");
  for (const std::string& pair : split(std::string_view(text).substr(colon + 1), ',')) {
    const size_t at = pair.find('=');
    const std::string key = pair.substr(0, at);
    if (at == std::string::npos || (key != "rbps" && key != "wbps" && key != "riops" && key != "wiops"))
      wrong(pair, "one of rbps=, wbps=, riops= and wiops=", remedy);
    const std::uint64_t value = parse_size(pair.substr(at + 1));
    if (value == 0) wrong(pair, "a limit above 0", remedy);
    limit.limits[key] = value;
  }
  return limit;
}

std::string parse_cpuset(const std::string& text) {
  for (const std::string& range : split(text, ',')) {
    const auto ends = split(range, '-');
    const auto first = whole_number(ends.front());
    const auto last = whole_number(ends.back());
    if (ends.size() > 2 || !first || !last || *first > *last || *last > 65535)
      wrong(text, "a list of cores", "give numbers and ranges, such as 0-3,7");
  }
  return text;
}

int rlimit_number(const std::string& name) {
  const auto row =
      std::find_if(kRlimits.begin(), kRlimits.end(), [&](const auto& r) { return name == r.first; });
  return row == kRlimits.end() ? -1 : row->second;
}

ResourceLimit parse_rlimit(const std::string& text) {
  constexpr const char* remedy = "give NAME=SOFT or NAME=SOFT:HARD, such as nofile=1024";
  const size_t equals = text.find('=');
  if (equals == std::string::npos) wrong(text, "a limit", remedy);
  ResourceLimit limit;
  limit.name = text.substr(0, equals);
  std::transform(limit.name.begin(), limit.name.end(), limit.name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (limit.name.starts_with("rlimit_")) limit.name.erase(0, 7);
  if (rlimit_number(limit.name) < 0) {
    std::vector<std::string> names;
    for (const auto& [name, number] : kRlimits) names.emplace_back(name);
    throw UsageError(in_quotes(limit.name) + " is not the name of a limit",
                     "choose one of " + join(names, ", "));
  }
  const Halves halves = at_colon(text.substr(equals + 1));
  const auto value = [&](const std::string& part) {
    return part == "unlimited" || part == "infinity" ? kUnlimited : parse_size(part);
  };
  limit.soft = value(halves.first);
  limit.hard = halves.two ? value(halves.second) : limit.soft;
  if (limit.soft > limit.hard) wrong(text, "a limit: its soft value lies above the hard one", remedy);
  return limit;
}

std::string parse_capability(const std::string& text) {
  std::string name;
  for (const char c : text) name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (name.starts_with("cap_")) name.erase(0, 4);
  if (name.empty()) wrong(text, "a capability", "give a name of capabilities(7), such as net_bind_service");
  return name;
}

std::uint16_t parse_port(const std::string& text) {
  return static_cast<std::uint16_t>(
      number_between(text, 0, 65535, "a port", "give a whole number from 0 to 65535"));
}

int parse_fd(const std::string& text) {
  return static_cast<int>(number_between(text, 0, 1'048'575, "a descriptor's number",
                                         "give the number of an open descriptor, such as 3"));
}

}  // namespace cloche
