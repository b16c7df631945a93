#include "learn/generalise.h"

#include <algorithm>
#include <cctype>
#include <cerrno>

#include <fmt/format.h>

#include "base/text.h"
#include "learn/secrets.h"
#include "plan/parts.h"
#include "trace/calls.h"
#include "trace/judge.h"
#include "trace/shown.h"

namespace cloche {
namespace {

using Kind = OutsidePath::Kind;

// From so many names of one folder on, the folder is the rule.
constexpr std::size_t kFewNames = 4;

bool alters(Intent intent) {
  return intent == Intent::write || intent == Intent::make || intent == Intent::remove ||
         intent == Intent::change || intent == Intent::own;
}

void count(Rules& rules, const std::string& value, const Evidence& evidence, const std::string& why = {}) {
  const auto [found, fresh] = rules.emplace(value, Seen{evidence.count, evidence.process, why});
  if (!fresh) found->second.count += evidence.count;
}

class Generaliser {
 public:
  explicit Generaliser(const Lesson& lesson) : lesson_(lesson), home_(lesson.outside.home) {}

  Learned learned() {
    for (const auto& [act, evidence] : lesson_.log.acts()) take(act, evidence);
    fold(learned_.ro);
    with_variables(learned_.ro);
    for (const auto& [number, evidence] : lesson_.log.calls())
      if (const std::string name = call_name(number, this_machine()); !name.empty())
        count(learned_.calls, name, evidence);
    return std::move(learned_);
  }

 private:
  void take(const Act& act, const Evidence& evidence) {
    if (act.transport == Transport::tcp || act.transport == Transport::udp)
      return take_network(act, evidence);
    if (act.object.starts_with('/') && act.error == 0) return take_path(act, evidence);
    if (const auto cause = judge(lesson_.box, act, lesson_.outside)) {
      const bool secret = is_secret(act.object, home_);
      if (!cause->option.empty())
        count(learned_.not_granted, folded_option(*cause, act), evidence,
              secret ? "it is a secret" : cause->why);
    }
  }

  std::string written(const std::string& path) const { return option_path(path, lesson_.outside.tilde); }

  /// A made-up name will be another one next time: its folder is meant.
  std::string folded_option(const Cause& cause, const Act& act) const {
    const bool made_up = is_temporary_name(act.object.substr(act.object.rfind('/') + 1));
    if (!made_up || !cause.option.starts_with("--rw ")) return cause.option;
    return "--rw " + written(folder_of(act.object));
  }

  void take_path(const Act& act, const Evidence& evidence) {
    if (is_within(act.object, lesson_.here) && !lesson_.plain.view.shared.empty()) {
      if (alters(act.intent))
        learned_.here = "rw";
      else if (learned_.here == "none")
        learned_.here = "ro";
      return;
    }
    if (alters(act.intent) || act.transport == Transport::local) return;  // what could be written is private
    const OutsidePath there = lesson_.outside.at(act.object);
    take_read(act.object, act, there, evidence);
    if (!there.real.empty() && there.real != act.object) take_read(there.real, act, there, evidence);
  }

  void take_read(const std::string& path, const Act& act, const OutsidePath& there,
                 const Evidence& evidence) {
    if (there.kind != Kind::folder && there.kind != Kind::file) return;
    const Shown box = shown_at(lesson_.box, path);
    if (box.outside != box.path || box.path.empty()) return;  // private, or not there
    const Shown plain = shown_at(lesson_.plain, path);
    if (plain.outside == plain.path) return;
    // To pass through a folder or to ask what it is needs no grant of what lies below it.
    const bool whole = there.kind == Kind::folder;
    if (whole && act.intent != Intent::read) return;
    if (whole && is_too_wide(path))
      return count(learned_.not_granted, "--ro " + written(path), evidence,
                   "it was listed, and holds more than this command's own");
    if (is_secret(path, home_))
      return count(learned_.not_granted, "--ro " + written(path), evidence, "it is a secret");
    if (printable(path) != path)  // TOML is UTF-8
      return count(learned_.not_granted, "--ro " + written(path), evidence,
                   "its name has signs that a profile cannot hold");
    count(learned_.ro, path, evidence);
  }

  /// No rule may hold the home, the root, the current folder's parents or a secret.
  bool is_too_wide(const std::string& folder) const {
    return folder.find('/', 1) == std::string::npos || is_within(home_, folder) ||
           is_within(lesson_.here, folder) || holds_secrets(folder, home_);
  }

  void take_network(const Act& act, const Evidence& evidence) {
    const bool reached = act.error == 0 || act.error == EINPROGRESS;
    if (lesson_.box.net != NetMode::host) {
      if (const auto cause = judge(lesson_.box, act, lesson_.outside))
        count(learned_.not_granted, fmt::format("{} (to {} port {})", cause->option, act.object, act.number),
              evidence, cause->why);
      return;
    }
    if (!reached) return;
    learned_.network = true;
    if (act.transport == Transport::tcp && act.number > 0)
      count(act.intent == Intent::bind ? learned_.tcp_bind : learned_.tcp_connect, std::to_string(act.number),
            evidence);
  }

  /// Many names of one folder become the folder, as long as that is not too wide; a rule within another is a
  /// part of it.
  void fold(Rules& rules) const {
    for (bool changed = true; changed;) {
      changed = false;
      std::map<std::string, std::size_t> names;
      for (const auto& [path, seen] : rules) ++names[folder_of(path)];
      for (const auto& [folder, number] : names) {
        if (number < kFewNames || is_too_wide(folder) || rules.contains(folder)) continue;
        rules.emplace(folder, Seen{0, "", ""});
        changed = true;
      }
      absorb(rules);
    }
  }

  static void absorb(Rules& rules) {
    Rules kept;
    for (const auto& [path, seen] : rules) {  // sorted: a folder comes before what lies in it
      const auto holder = std::find_if(
          kept.begin(), kept.end(), [&path = path](const auto& rule) { return is_within(path, rule.first); });
      if (holder == kept.end()) {
        kept.emplace(path, seen);
        continue;
      }
      holder->second.count += seen.count;
      if (holder->second.process.empty()) holder->second.process = seen.process;
    }
    rules = std::move(kept);
  }

  /// As ro-if-present takes them.
  void with_variables(Rules& rules) const {
    Rules written;
    for (const auto& [path, seen] : rules) {
      const bool in_home = home_.size() > 1 && is_within(path, home_);
      std::string text = in_home ? "$HOME" : "";
      for (const char c : in_home ? path.substr(home_.size()) : path) {
        if (c == '$') text += '$';
        if (c == ':') text += '\\';
        text += c;
      }
      written.emplace(text, seen);
    }
    rules = std::move(written);
  }

  const Lesson& lesson_;
  const std::string& home_;
  Learned learned_;
};

}  // namespace

Learned generalise(const Lesson& lesson) {
  return Generaliser(lesson).learned();
}

bool is_temporary_name(const std::string& name) {
  if (name.starts_with(".#") || name.ends_with(".lock") || name.ends_with("~") || name.ends_with(".tmp") ||
      name.starts_with("tmp") || name.starts_with(".tmp"))
    return true;
  // Six or more of letters and digits in a mix that nobody types, as mkstemp makes them, or a process number.
  std::size_t end = name.size(), digits = 0, upper = 0, lower = 0, begin = end;
  while (begin > 0 && std::isalnum(static_cast<unsigned char>(name[begin - 1]))) {
    const auto c = static_cast<unsigned char>(name[--begin]);
    ++(std::isdigit(c) ? digits : std::isupper(c) ? upper : lower);
  }
  const std::size_t length = end - begin;
  if (begin > 0 && digits == length && length >= 4) return true;
  return length >= 6 && (digits > 0) + (upper > 0) + (lower > 0) >= 2 && digits + upper >= 2 &&
         (upper > 0 || digits >= 3) && !name.starts_with("lib");
}

}  // namespace cloche
