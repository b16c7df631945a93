#include "policy/seccomp_file.h"

#include <linux/seccomp.h>
#include <seccomp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "policy/json_place.h"
#include "policy/rules_of_call.h"

namespace cloche {
namespace {

using Kind = Action::Kind;
using Compare = Condition::Compare;
using Rules = std::map<std::string, std::vector<CallPolicy::Rule>>;
constexpr std::uint64_t kMostErrno = 4095;

const std::vector<std::string>& architectures() {
  static const std::vector<std::string> all = {
      "SCMP_ARCH_X86",     "SCMP_ARCH_X86_64",   "SCMP_ARCH_X32",         "SCMP_ARCH_ARM",
      "SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS",     "SCMP_ARCH_MIPS64",      "SCMP_ARCH_MIPS64N32",
      "SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",
      "SCMP_ARCH_PPC64",   "SCMP_ARCH_PPC64LE",  "SCMP_ARCH_S390",        "SCMP_ARCH_S390X",
      "SCMP_ARCH_PARISC",  "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",     "SCMP_ARCH_LOONGARCH64",
      "SCMP_ARCH_M68K",    "SCMP_ARCH_SH",       "SCMP_ARCH_SHEB"};
  return all;
}

const char* native_architecture(Machine machine) {
  return machine == Machine::x86_64 ? "SCMP_ARCH_X86_64" : "SCMP_ARCH_AARCH64";
}

/// As Go names machines, which is how the engines' profiles do.
const char* engines_word(Machine machine) {
  return machine == Machine::x86_64 ? "amd64" : "arm64";
}

bool has(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// A name such as "ENOSYS", or a number in quotes.
std::uint64_t errno_of(const Place& object, const std::string& key) {
  const std::string text = *object.text(key);
  if (const auto number = whole_number(text)) return *number;
  for (int code = 1; code < 134; ++code)
    if (const char* name = ::strerrorname_np(code); name && text == name)
      return static_cast<std::uint64_t>(code);
  object.member(key)->fail("there is no errno " + in_quotes(text),
                           "errnos are named as in errno(3), or numbers");
}

/// The action at `object`: `key` names it, and its errno stands beside as a name or a number.
Action action_of(const Place& object, const char* key, const char* number_key, const char* name_key) {
  static const std::vector<std::pair<std::string, Kind>> kinds = {
      {"SCMP_ACT_ALLOW", Kind::allow},       {"SCMP_ACT_ERRNO", Kind::error},
      {"SCMP_ACT_KILL", Kind::kill_thread},  {"SCMP_ACT_KILL_THREAD", Kind::kill_thread},
      {"SCMP_ACT_KILL_PROCESS", Kind::kill}, {"SCMP_ACT_TRAP", Kind::trap},
      {"SCMP_ACT_TRACE", Kind::trace},       {"SCMP_ACT_LOG", Kind::log}};
  const auto word = object.text(key);
  if (!word) object.fail(fmt::format("{} is missing", key));
  if (*word == "SCMP_ACT_NOTIFY")
    object.member(key)->fail(
        "SCMP_ACT_NOTIFY hands calls to a listener of the engine, which cloche has none of",
        "say SCMP_ACT_ERRNO for these calls");
  std::vector<std::string> names;
  for (const auto& [name, kind] : kinds) names.push_back(name);
  object.member(key)->expect_word("action", *word, names);
  const Kind kind =
      std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return k.first == *word; })->second;
  const bool takes_errno = kind == Kind::error || kind == Kind::trace;
  std::optional<std::uint64_t> code = object.number(number_key);
  if (const auto name = object.text(name_key); name && !name->empty()) code = errno_of(object, name_key);
  if (code && !takes_errno)
    object.fail(fmt::format("{} has no errno", *word), "take it out, or say SCMP_ACT_ERRNO");
  if (code && *code > kMostErrno)
    object.fail(fmt::format("errno {} is too large", *code), "the largest is 4095");
  return {kind, static_cast<std::uint16_t>(takes_errno ? code.value_or(EPERM) : 0)};
}

class Reader {
 public:
  Reader(const Place& root, const SeccompContext& context) : root_(root), context_(context) {}

  SeccompFile read() {
    file_.format = is_engines() ? SeccompFile::Format::engine : SeccompFile::Format::oci;
    std::vector<std::string> known = {"defaultAction", "defaultErrnoRet", "architectures",   "flags",
                                      "syscalls",      "listenerPath",    "listenerMetadata"};
    if (file_.format == SeccompFile::Format::engine) known.insert(known.end(), {"archMap", "defaultErrno"});
    root_.expect_object(known);
    for (const char* key : {"listenerPath", "listenerMetadata"})
      if (const auto text = root_.text(key); text && !text->empty())
        root_.member(key)->fail("a listener takes SCMP_ACT_NOTIFY, which cloche does not do");
    file_.policy.unknown = action_of(root_, "defaultAction", "defaultErrnoRet", "defaultErrno");
    read_architectures();
    read_flags();
    for (const Place& rule : root_.list("syscalls")) read_rule(rule);
    for (auto& [name, rules] : rules_) put(name, rules);
    return std::move(file_);
  }

 private:
  /// A key that only the engines' form has.
  bool is_engines() const {
    if (!root_.json().is_object()) return false;
    if (root_.json().contains("archMap") || root_.json().contains("defaultErrno")) return true;
    for (const Place& rule : root_.list("syscalls"))
      for (const char* key : {"includes", "excludes", "name", "comment", "errno"})
        if (rule.json().is_object() && rule.json().contains(key)) return true;
    return false;
  }

  void read_architectures() {
    const std::string native = native_architecture(context_.machine);
    std::vector<std::string> wanted = root_.texts("architectures");
    for (const Place& one : root_.list("architectures"))
      one.expect_word("architecture", one.as_text(), architectures());
    const std::vector<Place> map = root_.list("archMap");
    if (!map.empty() && !wanted.empty())
      root_.member("archMap")->fail("architectures are said twice", "use either archMap or architectures");
    for (const Place& one : map) {
      one.expect_object({"architecture", "subArchitectures"});
      const auto of = one.text("architecture");
      if (!of) one.fail("architecture is missing");
      one.expect_word("architecture", *of, architectures());
      for (const Place& sub : one.list("subArchitectures"))
        sub.expect_word("architecture", sub.as_text(), architectures());
      if (*of == native) wanted = one.texts("subArchitectures");
    }
    for (const std::string& one : wanted)
      if (one != native && !has(file_.foreign, one)) file_.foreign.push_back(one);
  }

  void read_flags() {
    for (const Place& flag : root_.list("flags")) {
      const std::string word = flag.as_text();
      if (word == "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV")
        flag.fail(word + " belongs to SCMP_ACT_NOTIFY, which cloche does not do", "take it out");
      flag.expect_word(
          "flag", word,
          {"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"});
      // TSYNC needs nothing done: the filter is laid where there is one thread only.
      if (word == "SECCOMP_FILTER_FLAG_LOG") file_.load_flags |= SECCOMP_FILTER_FLAG_LOG;
      if (word == "SECCOMP_FILTER_FLAG_SPEC_ALLOW") file_.load_flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    }
  }

  void read_rule(const Place& rule) {
    if (file_.format == SeccompFile::Format::engine)
      rule.expect_object(
          {"names", "name", "action", "errnoRet", "errno", "args", "comment", "includes", "excludes"});
    else
      rule.expect_object({"names", "action", "errnoRet", "args"});
    std::vector<std::string> names = rule.texts("names");
    if (const auto name = rule.text("name"); name && !name->empty()) {
      if (!names.empty()) rule.fail("calls are said twice", "use either name or names");
      names.push_back(*name);
    }
    if (names.empty()) rule.fail("this rule names no call");
    const Action action = action_of(rule, "action", "errnoRet", "errno");
    std::vector<Condition> conditions;
    for (const Place& arg : rule.list("args"))
      if (const Condition one = condition_of(arg); !always_holds(one)) conditions.push_back(one);
    const bool chosen = is_chosen(rule);  // read in any case: what is wrong in it is said on every machine
    if (!chosen || action == file_.policy.unknown) return;
    for (const std::string& name : names) add(name, conditions, action);
  }

  static Condition condition_of(const Place& arg) {
    static const std::vector<std::pair<std::string, Compare>> words = {
        {"SCMP_CMP_EQ", Compare::equal},
        {"SCMP_CMP_NE", Compare::not_equal},
        {"SCMP_CMP_LT", Compare::less},
        {"SCMP_CMP_LE", Compare::less_equal},
        {"SCMP_CMP_GT", Compare::greater},
        {"SCMP_CMP_GE", Compare::greater_equal},
        {"SCMP_CMP_MASKED_EQ", Compare::masked_equal}};
    arg.expect_object({"index", "value", "valueTwo", "op"});
    const auto index = arg.number("index");
    const auto op = arg.text("op");
    if (!index || !op) arg.fail(fmt::format("{} is missing", index ? "op" : "index"));
    if (*index > 5)
      arg.fail(fmt::format("there is no argument {}", *index), "arguments are numbered from 0 to 5");
    std::vector<std::string> names;
    for (const auto& [name, compare] : words) names.push_back(name);
    arg.expect_word("comparison", *op, names);
    const Compare compare =
        std::find_if(words.begin(), words.end(), [&](const auto& word) { return word.first == *op; })->second;
    const std::uint64_t value = arg.number("value").value_or(0);
    if (compare != Compare::masked_equal) return {static_cast<unsigned>(*index), compare, value};
    // Bits of the value outside the mask do not count.
    return {static_cast<unsigned>(*index), compare, arg.number("valueTwo").value_or(0) & value, value};
  }

  static bool always_holds(const Condition& one) {
    return one.compare == Compare::masked_equal && one.mask == 0;
  }

  /// What an engine takes the rule by: nothing of `excludes` may hold, all of `includes` must.
  bool is_chosen(const Place& rule) const {
    bool chosen = true;
    for (const char* side : {"includes", "excludes"}) {
      const auto filter = rule.member(side);
      if (!filter) continue;
      const bool include = std::strcmp(side, "includes") == 0;
      filter->expect_object({"caps", "arches", "minKernel"});
      const auto arches = filter->texts("arches");
      if (!arches.empty() && has(arches, engines_word(context_.machine)) != include) chosen = false;
      for (const Place& cap : filter->list("caps"))
        if (is_kept(cap) != include) chosen = false;
      if (const auto kernel = filter->text("minKernel"); kernel && !kernel->empty())
        if (runs_at_least(*filter->member("minKernel")) != include) chosen = false;
    }
    return chosen;
  }

  bool is_kept(const Place& cap) const {
    std::string name = cap.as_text();
    if (!name.starts_with("CAP_"))
      cap.fail("capabilities are written as CAP_SYS_ADMIN, not " + in_quotes(name));
    name.erase(0, 4);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    return has(context_.capabilities, name);
  }

  bool runs_at_least(const Place& minimum) const {
    const std::string text = minimum.as_text();
    const auto parts = split(text, '.');
    const auto major = whole_number(parts[0]), minor = whole_number(parts.size() == 2 ? parts[1] : "");
    if (!major || !minor) minimum.fail("a kernel is written as 4.8, not " + in_quotes(text));
    return std::pair{context_.kernel_major, context_.kernel_minor} >=
           std::pair<unsigned, unsigned>{*major, *minor};
  }

  void add(const std::string& name, const std::vector<Condition>& conditions, const Action& action) {
    if (seccomp_syscall_resolve_name(name.c_str()) == __NR_SCMP_ERROR) {
      if (!has(file_.passed_over, name)) file_.passed_over.push_back(name);
      return;
    }
    std::vector<CallPolicy::Rule>& rules = rules_[name];
    std::array<int, 6> times{};
    for (const Condition& one : conditions) ++times[one.argument];
    if (*std::max_element(times.begin(), times.end()) < 2)
      rules.push_back({conditions, action});
    else
      for (const Condition& one : conditions) rules.push_back({{one}, action});
  }

  void put(const std::string& name, const std::vector<CallPolicy::Rule>& rules) {
    const auto combined = combine(rules, file_.policy.unknown);
    if (!combined)
      root_.member("syscalls")
          ->fail("rules for " + in_quotes(name) +
                     " contradict each other: two actions for the "
                     "same arguments",
                 "give each argument's value one action");
    file_.policy.calls[name] = *combined;
  }

  const Place& root_;
  const SeccompContext& context_;
  Rules rules_;
  SeccompFile file_;
};

}  // namespace

SeccompFile read_seccomp_file(const std::string& text, const std::string& path,
                              const SeccompContext& context) {
  const nlohmann::json json = parse_json(text, path);
  Place root(json, "", path);
  if (json.is_object() && json.contains("ociVersion")) {
    const auto linux_part = root.member("linux");
    const auto seccomp =
        linux_part && linux_part->json().is_object() ? linux_part->member("seccomp") : std::nullopt;
    if (!seccomp) root.fail("this OCI configuration has no filter", "it stands at /linux/seccomp");
    root = *seccomp;
  }
  return Reader(root, context).read();
}

std::vector<std::string> opened_by(const FilterPolicy& policy) {
  std::vector<std::string> opened;
  const CallArguments new_namespace = {0x10000000 /* CLONE_NEWUSER */};
  for (const char* name :
       {"clone", "clone3", "unshare", "setns", "mount", "umount2", "pivot_root", "open_tree", "move_mount",
        "fsopen", "fsmount", "mount_setattr", "keyctl", "bpf", "io_uring_setup"}) {
    const Kind kind = decide(policy, name, new_namespace).kind;
    if (kind == Kind::allow || kind == Kind::log) opened.emplace_back(name);
  }
  return opened;
}

}  // namespace cloche
