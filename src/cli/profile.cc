// `cloche profile list, show, check, groups, schema`.
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/profile_context.h"
#include "cli/profile_options.h"
#include "cli/profile_view.h"
#include "cli/running.h"
#include "host/look_up.h"
#include "host/read_facts.h"
#include "plan/resolve.h"
#include "plan/syscall_policy.h"
#include "policy/syscalls.h"

namespace cloche::cli {
namespace {

using Json = nlohmann::ordered_json;
constexpr const char* kShow = "What show prints";

constexpr auto kOptions = std::to_array<Option>({
    {"json", "", "print JSON (list, show, groups)", "Output"},
    {"syscalls", "", "the verdict on each system call instead", kShow},
    {"bpf", "", "the program of the filter instead", kShow},
});

/// The plan's policy as a run would have it, without what it shows and uses.
PolicyPlan policy_under(const LoadedProfiles& loaded, const HostFacts& facts) {
  const PolicySpec said = loaded.spec().policy;
  Spec spec;
  spec.policy.seccomp = said.seccomp;
  spec.policy.syscalls = said.syscalls;
  spec.policy.allow = said.allow;
  // A container engine's file chooses its rules by these.
  spec.policy.capabilities = said.capabilities;
  if (const auto as = loaded.spec().as; as && as->kind == As::Kind::root) spec.as = as;
  HostFacts known = facts;
  read_texts(known, files_to_read(spec, known));
  return resolve(spec, known).policy;
}

std::string dumped(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

int list(const Parsed& parsed, const Words& words, const HostFacts& facts) {
  if (!words.empty()) throw UsageError("profile list takes no name", "cloche profile show NAME shows one");
  Json all = Json::array();
  std::vector<std::vector<std::string>> rows = {{"NAME", "FROM", "DESCRIPTION"}};
  for (const ListedProfile& one : list_profiles(profile_context(facts))) {
    const bool good = one.wrong.empty();
    rows.push_back({one.source.name, from_words(one.source.from),
                    printable(good ? one.description : "wrong: " + one.wrong)});
    all.push_back({{"name", one.source.name},
                   {"from", from_words(one.source.from)},
                   {"file", one.source.file},
                   {"description", one.description},
                   {"wrong", good ? Json(nullptr) : Json(one.wrong)}});
  }
  fmt::print("{}", parsed.has("json") ? dumped(all) : table(rows));
  return 0;
}

int show(const Parsed& parsed, const Words& words, const HostFacts& facts) {
  if (words.empty()) throw UsageError("profile show needs a name or a file", "see cloche profile list");
  if (parsed.has("syscalls") && parsed.has("bpf"))
    throw UsageError("--syscalls and --bpf are two different things", "ask for one of them");
  const bool json = parsed.has("json");
  const LoadedProfiles loaded = load_profiles(words, profile_context(facts));
  if (parsed.has("syscalls")) {
    const FilterPolicy filter = policy_for(policy_under(loaded, facts));
    fmt::print("{}", json ? verdicts_json(filter) : verdicts_text(filter));
  } else if (parsed.has("bpf")) {
    const auto program = program_for(policy_under(loaded, facts), Answer::error);
    fmt::print("{}", json ? program_json(program) : program_text(program));
  } else {
    fmt::print("{}", json ? values_json(loaded) : values_text(loaded));
  }
  return 0;
}

/// What is wrong with it by itself, else what its rules together may not do.
std::vector<Problem> problems_of(const std::string& wanted, const ProfileContext& context,
                                 const HostFacts& facts) {
  std::vector<Problem> problems = check_profile(wanted, context);
  if (!problems.empty()) return problems;
  try {
    policy_under(load_profiles({wanted}, context), facts);
  } catch (const Error& error) {
    problems.push_back({wanted, {}, error.what(), error.remedy()});
  }
  return problems;
}

int check(const Parsed&, const Words& words, const HostFacts& facts) {
  if (words.empty())
    throw UsageError("profile check needs files or names", "such as: cloche profile check ./mine.toml");
  const ProfileContext context = profile_context(facts);
  bool wrong = false;
  for (const std::string& word : words)
    for (const Problem& problem : problems_of(word, context, facts)) {
      wrong = true;
      fmt::print("{}{}{}\n", problem_words(problem), problem.remedy.empty() ? "" : "; ", problem.remedy);
    }
  return wrong ? 1 : 0;
}

const char* verdict_words(Verdict verdict) {
  switch (verdict) {
    case Verdict::allow:
      return "allow";
    case Verdict::condition:
      return "by argument";
    case Verdict::refuse:
      return "EPERM";
    case Verdict::absent:
      return "ENOSYS";
  }
  return "";
}

int groups(const Parsed& parsed, const Words& words, const HostFacts&) {
  if (!words.empty()) throw UsageError("profile groups takes no name");
  Json all = Json::array();
  std::string text;
  for (const SyscallGroup& group : syscall_groups()) {
    const auto calls = split(group.calls, ' ');
    all.push_back({{"name", group.name},
                   {"about", group.about},
                   {"default", verdict_words(group.verdict)},
                   {"calls", calls}});
    text += fmt::format("{} ({}): {}\n", group.name, verdict_words(group.verdict), group.about);
    std::string line = "   ";
    for (const std::string& call : calls) {
      if (line.size() + call.size() > 98) {
        text += line + "\n";
        line = "   ";
      }
      line += " " + call;
    }
    text += line + "\n\n";
  }
  fmt::print("{}", parsed.has("json") ? dumped(all) : text);
  return 0;
}

int schema(const Parsed&, const Words& words, const HostFacts&) {
  if (!words.empty()) throw UsageError("profile schema takes no name");
  fmt::print("{}", profile_schema());
  return 0;
}

struct Verb {
  const char* name;
  int (*run)(const Parsed& parsed, const Words& words, const HostFacts& facts);
};
constexpr auto kVerbs = std::to_array<Verb>(
    {{"list", list}, {"show", show}, {"check", check}, {"groups", groups}, {"schema", schema}});

}  // namespace

std::span<const Option> profile_options() {
  return kOptions;
}

int profile(const Words& words) {
  const Parsed parsed = parse_mixed(kOptions, words);
  std::vector<std::string> names;
  for (const Verb& verb : kVerbs) names.emplace_back(verb.name);
  if (parsed.words.empty())
    throw UsageError("profile needs a word: " + join(names, ", "), "see cloche profile --help");
  const std::string& name = parsed.words.front();
  const auto verb = std::find_if(kVerbs.begin(), kVerbs.end(), [&](const Verb& v) { return name == v.name; });
  if (verb == kVerbs.end()) {
    const auto meant = nearest(name, names);
    throw UsageError("there is no cloche profile " + in_quotes(name),
                     "there are: " + join(names, ", ") + (meant ? "; did you mean " + *meant + "?" : ""));
  }
  return verb->run(parsed, Words(parsed.words.begin() + 1, parsed.words.end()), read_host_facts());
}

}  // namespace cloche::cli
