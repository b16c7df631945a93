#include "learn/profile_text.h"

#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "policy/syscalls.h"
#include "trace/calls.h"

namespace cloche {
namespace {

constexpr const char* kFirstLine = "# Learned by cloche from ";

/// A TOML string. Its escapes are JSON's, and no line can be broken by a file's name.
std::string toml_string(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      quoted += fmt::format("\\{}", c);
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      quoted += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
    else
      quoted += c;
  }
  return quoted + "\"";
}

/// A process calls itself what it likes; the colon is ours.
std::string evidence(const Seen& seen) {
  std::string process = seen.process.empty() ? "?" : printable(seen.process);
  std::replace(process.begin(), process.end(), ':', '_');
  return fmt::format("{}, {}", seen.count, process);
}

std::string list(const char* key, const Rules& rules) {
  if (rules.empty()) return {};
  std::string text = fmt::format("{} = [\n", key);
  for (const auto& [value, seen] : rules)
    text += fmt::format("  {},  # {}\n", toml_string(value), evidence(seen));
  return text + "]\n";
}

bool may_be_allowed(const CallPolicy& call) {
  const auto allows = [](const Action& action) { return action.kind == Action::Kind::allow; };
  return allows(call.otherwise) || std::any_of(call.rules.begin(), call.rules.end(),
                                               [&](const auto& rule) { return allows(rule.action); });
}

/// Profiles as `extends` takes them.
std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    std::string value;  // variables stand for something here, and a dollar sign for itself is two
    for (const char c : name) value += c == '$' ? "$$" : std::string(1, c);
    text += (text.empty() ? "" : ", ") + toml_string(value);
  }
  return text;
}

/// Names joined by commas, broken into lines.
std::string wrapped(const std::vector<std::string>& names) {
  std::string text, line = " ";
  for (const std::string& name : names) {
    if (line.size() + name.size() > 108) {
      text += line + "\n";
      line = " ";
    }
    line += " " + toml_string(name) + ",";
  }
  return text + line + "\n";
}

std::string syscalls(const Learned& learned, const FilterPolicy& base) {
  std::string seen =
      "[syscalls]\n# Seen, by group; a call that is made all the time is not counted, and stays.\n";
  std::string refused;
  std::vector<std::string> whole;
  for (const SyscallGroup& group : syscall_groups()) {
    std::vector<std::string> unused;
    std::size_t allowed = 0;
    for (const std::string& name : split(group.calls, ' ')) {
      const auto call = base.calls.find(name);
      if (name.empty() || call == base.calls.end() || !may_be_allowed(call->second)) continue;
      ++allowed;
      if (const auto found = learned.calls.find(name); found != learned.calls.end())
        seen += fmt::format("# {} {}  # {}\n", group.name, name, evidence(found->second));
      else if (!always_used(name))
        unused.push_back(name);
    }
    if (unused.empty()) continue;
    if (unused.size() == allowed)
      whole.emplace_back(group.name);
    else
      refused += fmt::format("  # of {}\n{}", group.name, wrapped(unused));
  }
  return seen + "deny = [\n" + (whole.empty() ? "" : "  # whole groups\n" + wrapped(whole)) + refused + "]\n";
}

/// One and a half times the peak, rounded up: a build of a little more must not fail.
std::uint64_t with_headroom(std::uint64_t peak, std::uint64_t step) {
  return (peak + peak / 2 + step - 1) / step * step;
}

std::string limits(const Learned& learned) {
  if (!learned.memory_peak && !learned.tasks_peak) return {};
  constexpr std::uint64_t kMegabyte = 1 << 20;
  std::string text =
      "\n[limits]\n# One and a half times the peaks. They need a cgroup: take the # away where one is had.\n";
  if (learned.memory_peak)
    text +=
        fmt::format("#memory = \"{}M\"  # peak {}\n",
                    with_headroom(*learned.memory_peak, 64 * kMegabyte) / kMegabyte, *learned.memory_peak);
  if (learned.tasks_peak)
    text +=
        fmt::format("#tasks = {}  # peak {}\n", with_headroom(*learned.tasks_peak, 8), *learned.tasks_peak);
  return text;
}

/// As comments: a command cannot be held to ports yet, and a profile that names them is refused.
std::string ports(const char* what, const Rules& rules) {
  std::string text;
  for (const auto& [port, seen] : rules) text += fmt::format("# {} {}  # {}\n", what, port, evidence(seen));
  return text;
}

std::string network(const Learned& learned) {
  if (!learned.network) return "\n[network]\nmode = \"none\"\n";
  return "\n[network]\nmode = \"host\"\n" + ports("tcp-connect", learned.tcp_connect) +
         ports("tcp-bind", learned.tcp_bind);
}

}  // namespace

std::string profile_text(const Learned& learned, const FilterPolicy& base) {
  std::string text = fmt::format("{}{} run{}: the command may do again what it did{}, and nothing else.\n",
                                 kFirstLine, learned.runs, learned.runs == 1 ? "" : "s",
                                 learned.extends.empty() ? "" : " in the view of what this extends");
  text +=
      "# Behind each rule: how often it was used, and by which process first. cloche learn --merge reads "
      "these.\n";
  text += fmt::format("description = {}\n", toml_string(learned.description));
  if (!learned.extends.empty()) text += fmt::format("extends = [{}]\n", listed(learned.extends));
  text += "\n[view]\n";
  text += fmt::format("here = \"{}\"\n", learned.here);
  text += list("ro-if-present", learned.ro);
  if (!learned.not_granted.empty())
    text += "# Wanted, and not granted; what you decide to grant goes into a list.\n";
  for (const auto& [option, seen] : learned.not_granted)
    text += fmt::format("#- {}  # {}: {}\n", printable(option), evidence(seen), printable(seen.why));
  text += network(learned);
  return text + "\n" + syscalls(learned, base) + limits(learned);
}

}  // namespace cloche
