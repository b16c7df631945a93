#include "cli/learn_options.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace cloche::cli {
namespace {

constexpr const char* kProfile = "The profile";
constexpr auto kOwn = std::to_array<Option>({
    {"output", "FILE", "write the profile to FILE; -o FILE is the same", kProfile, "file", 'o'},
    {"merge", "", "add this run to the profile that FILE holds: counts add up, rules unite", kProfile},
    {"force", "", "replace FILE", kProfile},
});

// Not those that choose another policy (learn finds it, over a profile), nor those that tell of a run.
constexpr auto kOfRun = std::to_array<std::string_view>({
    "ro",         "rw",       "tmpfs",     "hide",   "workdir", "as",          "map",      "hostname",
    "env",        "pass-env", "fd",        "net",    "memory",  "memory-high", "swap",     "cpus",
    "cpu-weight", "tasks",    "io-weight", "io-max", "cpuset",  "timeout",     "cpu-time", "rlimit",
    "cap",        "allow",    "tty",       "no-tty", "profile",
});

std::vector<Option> all_options() {
  std::vector<Option> all(kOwn.begin(), kOwn.end());
  for (const Option& option : run_options())
    if (std::find(kOfRun.begin(), kOfRun.end(), option.name) != kOfRun.end()) all.push_back(option);
  return all;
}

}  // namespace

std::span<const Option> learn_options() {
  static const std::vector<Option> all = all_options();
  return all;
}

RunRequest read_learn_request(const Parsed& parsed) {
  Parsed of_run = parsed;
  std::erase_if(of_run.options, [](const auto& given) {
    return std::any_of(kOwn.begin(), kOwn.end(), [&](const Option& own) { return given.first == own.name; });
  });
  return read_run_request(of_run);
}

}  // namespace cloche::cli
