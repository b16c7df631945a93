#include "trace/judge.h"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/parts.h"
#include "plan/syscall_policy.h"
#include "policy/protected.h"
#include "policy/syscalls.h"
#include "policy/weakenings.h"
#include "trace/shown.h"

namespace cloche {
namespace {

using Kind = OutsidePath::Kind;

bool alters(Intent intent) {
  switch (intent) {
    case Intent::write:
    case Intent::make:
    case Intent::remove:
    case Intent::change:
    case Intent::own:
      return true;
    default:
      return false;
  }
}

bool is_new_name(Intent intent) {
  return intent == Intent::make || intent == Intent::remove;
}

class Judge {
 public:
  Judge(const Plan& plan, const Act& act, const Outside& outside)
      : plan_(plan), act_(act), outside_(outside) {}

  std::optional<Cause> cause() const {
    if (act_.transport == Transport::local && act_.object.starts_with('@')) return abstract_socket();
    if (act_.transport == Transport::local || act_.transport == Transport::none) {
      if (act_.intent == Intent::become) return identity();
      if (!act_.object.starts_with('/')) return std::nullopt;
      return path();
    }
    return network();
  }

 private:
  std::optional<Cause> path() const {
    if (auto cause = kept()) return cause;
    switch (act_.error) {
      case ENOENT:
      case ENOTDIR:
      case ECONNREFUSED:  // a socket's file without the process that listens on it
        return absent();
      case EROFS:
        return read_only();
      case EACCES:
        return forbidden();
      case EPERM:
      case EINVAL:
        return act_.intent == Intent::own ? identity() : std::nullopt;
      default:
        return std::nullopt;
    }
  }

  /// A protected path, there or kept from being made, and the folders on the way to one.
  std::optional<Cause> kept() const {
    const Shown shown = shown_at(plan_, act_.object);
    if (!alters(act_.intent) || !shown.step || shown.step->kind != MountStep::Kind::protect)
      return std::nullopt;
    const std::string& place = shown.step->destination;
    const auto because = [](const char* why, const std::string& option) {
      return Cause{Layer::protected_path, why, option};
    };
    if (shown.step->writable)
      return act_.error == EBUSY && shown.path == place
                 ? std::optional(because("what would run code outside later lies in it", ways_into(place)))
                 : std::nullopt;
    switch (act_.error) {
      case EROFS:
      case EBUSY:
      case EXDEV:
        return because("what stands there would run code outside later, and is kept as it is",
                       token_option(place));
      case EEXIST:
      case EISDIR:
      case ENOENT:
        if (outside_.at(place).kind != Kind::missing || act_.intent == Intent::remove) return std::nullopt;
        return because("it would run code outside later, and is kept from being made", token_option(place));
      default:
        return std::nullopt;
    }
  }

  /// The weakening that leaves a protected path free.
  static std::string token_option(const std::string& place) {
    const std::string leaf = place.substr(place.rfind('/'));
    for (const ProtectedPath& path : protected_paths()) {
      const std::string name = std::string("/") + path.path;
      const bool in_shared_repository = folder_of(place).ends_with(".git") && name == "/.git" + leaf;
      // Of a missing .config, one of those that are kept from being made in it.
      const bool is_folder_of_it = name.starts_with(leaf + "/");
      if (place.ends_with(name) || in_shared_repository || is_folder_of_it)
        return std::string("--allow ") + path.token;
    }
    return {};
  }

  std::string ways_into(const std::string& folder) const {
    std::vector<std::string> options;
    for (const MountStep& step : plan_.view.steps) {
      if (step.kind != MountStep::Kind::protect || step.writable || !is_within(step.destination, folder))
        continue;
      const std::string option = token_option(step.destination);
      if (std::find(options.begin(), options.end(), option) == options.end()) options.push_back(option);
    }
    return join(options, " ");
  }

  std::string written(const std::string& path) const { return option_path(path, outside_.tilde); }

  std::string show(const std::string& path) const {
    return fmt::format("--{} {}", alters(act_.intent) ? "rw" : "ro", written(path));
  }

  std::optional<Cause> absent() const {
    const OutsidePath there = outside_.at(act_.object);
    const Shown shown = shown_at(plan_, act_.object);
    // Another root tree has other files: only what is the person's own can be missed there.
    if (!plan_.view.rootfs.empty() && !is_within(act_.object, outside_.home)) return std::nullopt;
    if (there.kind == Kind::missing) return act_.intent == Intent::make ? absent_folder() : std::nullopt;
    if (is_within(act_.object, "/proc")) return absent_in_proc();
    if (is_within(act_.object, "/dev") && !is_within(act_.object, "/dev/shm"))
      return Cause{
          Layer::hidden_path,
          "the sandbox has its own /dev with null, zero, full, random, urandom and tty; devices of the host "
          "reach into the kernel",
          ""};
    if (shown.step && shown.step->kind == MountStep::Kind::hide)
      return Cause{Layer::hidden_path, fmt::format("--hide covers {}", printable(shown.step->destination)),
                   ""};
    if (is_shown(shown)) {
      // The name is there, and leads through a link to what is not.
      const Shown target = shown_at(plan_, there.real);
      if (there.real == act_.object || is_shown(target)) return std::nullopt;
      return Cause{Layer::hidden_path,
                   fmt::format("it is a link to {}, which the view does not show", printable(there.real)),
                   socket_option(there, show(there.real))};
    }
    if (there.kind == Kind::socket || is_within(there.real, "/run"))
      return Cause{
          Layer::hidden_path,
          "it lies in the host's /run, and whoever can talk to a socket there can act outside the sandbox",
          socket_option(there, show(act_.object))};
    return Cause{Layer::hidden_path, "it exists outside, and the view does not show it", show(act_.object)};
  }

  /// A new file in a folder that exists outside only.
  std::optional<Cause> absent_folder() const {
    const std::string folder = folder_of(act_.object);
    const OutsidePath there = outside_.at(folder);
    if (there.kind != Kind::folder || !there.writable || is_shown(shown_at(plan_, folder)))
      return std::nullopt;
    return Cause{Layer::hidden_path,
                 fmt::format("{} exists outside, and the view does not show it", printable(folder)),
                 show(folder)};
  }

  std::optional<Cause> absent_in_proc() const {
    const std::string rest = act_.object.substr(std::min<std::size_t>(act_.object.size(), 6));
    const bool of_process = !rest.empty() && rest.front() >= '0' && rest.front() <= '9';
    return Cause{Layer::hidden_path,
                 of_process ? "the process is outside, and only the sandbox's own are seen"
                            : "the file tells of the host, and is covered in the sandbox's own /proc",
                 ""};
  }

  static std::string socket_option(const OutsidePath& there, const std::string& option) {
    return is_within(there.real, "/run") && there.kind != Kind::file ? option + " --allow host-sockets"
                                                                     : option;
  }

  /// Whether the host's own file is what stands there: what is private may have anything under that name.
  static bool is_shown(const Shown& shown) { return shown.step && shown.outside == shown.path; }

  /// Whether the person may do it outside.
  bool permitted_outside(OutsidePath& there) const {
    there = outside_.at(act_.object);
    if (is_new_name(act_.intent)) {
      OutsidePath folder = outside_.at(folder_of(act_.object));
      // The nearest folder that is there: a whole chain of them may be about to be made.
      for (std::string up = folder_of(act_.object); folder.kind == Kind::missing && up != "/";
           up = folder_of(up))
        folder = outside_.at(folder_of(up));
      return folder.kind == Kind::folder && folder.writable;
    }
    if (there.kind == Kind::missing) return false;
    if (act_.intent == Intent::execute) return there.executable;
    return alters(act_.intent) ? there.writable : there.readable;
  }

  std::optional<Cause> read_only() const {
    OutsidePath there;
    if (!permitted_outside(there)) return std::nullopt;
    const Shown shown = shown_at(plan_, act_.object);
    const std::string place = shown.step ? shown.step->destination : "/";
    std::string wanted = is_new_name(act_.intent) ? folder_of(act_.object) : act_.object;
    while (outside_.at(wanted).kind == Kind::missing && wanted != "/") wanted = folder_of(wanted);
    const bool whole_home = wanted == "/" || is_within(outside_.home, wanted);
    return Cause{Layer::read_only_mount, fmt::format("the view shows {} read-only", printable(place)),
                 whole_home ? "" : "--rw " + written(wanted)};
  }

  std::optional<Cause> forbidden() const {
    const Shown shown = shown_at(plan_, act_.object);
    if (shown.step && shown.step->kind == MountStep::Kind::hide) {
      if (is_within(act_.object, "/proc")) return absent_in_proc();
      return Cause{Layer::hidden_path, fmt::format("--hide covers {}", printable(shown.step->destination)),
                   ""};
    }
    OutsidePath there;
    if (!permitted_outside(there)) return std::nullopt;
    if (there.by_group && plan_.identity.range)
      return Cause{Layer::identity,
                   "you may use it through one of your other groups, which the sandbox drops",
                   "--map single"};
    if (plan_.policy.landlock.abi > 0 && alters(act_.intent) && !granted_to_write(shown.path))
      return Cause{Layer::landlock,
                   "its mount and its mode allow it, the Landlock rules made from the view do not",
                   "--rw " + written(is_new_name(act_.intent) ? folder_of(act_.object) : act_.object)};
    return std::nullopt;
  }

  bool granted_to_write(const std::string& path) const {
    const auto& trees = plan_.policy.landlock.trees;
    return std::any_of(trees.begin(), trees.end(),
                       [&](const auto& tree) { return tree.write && is_within(path, tree.path); });
  }

  std::optional<Cause> identity() const {
    if (act_.error != EPERM && act_.error != EINVAL) return std::nullopt;
    const IdentityPlan& identity = plan_.identity;
    if (!identity.range && (act_.call == "setgroups" || identity.uid == 0))
      return Cause{Layer::identity,
                   "a single id is mapped into the sandbox, so there is nobody else to become",
                   "--map range"};
    if (identity.uid != 0)
      return Cause{
          Layer::capability,
          fmt::format("that needs a capability over the ids, and the command is uid {}", identity.uid),
          "--as root"};
    return Cause{Layer::identity, "no id of yours is mapped to that number", ""};
  }

  std::optional<Cause> abstract_socket() const {
    if (act_.error != ECONNREFUSED || plan_.net != NetMode::none ||
        !outside_.listens_abstract(act_.object.substr(1)))
      return std::nullopt;
    return Cause{
        Layer::network,
        "abstract sockets belong to the network, and the sandbox has one of its own; whoever can talk to "
        "such a socket may be able to act outside",
        "--net host"};
  }

  static bool is_loopback(const std::string& host) {
    return host.starts_with("127.") || host == "::1" || host == "0.0.0.0" || host == "::" ||
           host.starts_with("::ffff:127.");
  }

  std::optional<Cause> network() const {
    if (plan_.net == NetMode::host) return host_network();
    const bool loopback = is_loopback(act_.object);
    const Cause none = {Layer::network,
                        loopback
                            ? "the sandbox has a loopback of its own, on which nothing of the host listens"
                            : "the sandbox has no network but a loopback of its own",
                        "--net host"};
    switch (act_.error) {
      case ENETUNREACH:
      case EHOSTUNREACH:
      case ENETDOWN:
        return none;
      case EADDRNOTAVAIL:
        return loopback ? std::nullopt : std::optional(none);
      case ECONNREFUSED:
        return outside_.listens(act_.transport, act_.number) ? std::optional(none) : std::nullopt;
      case 0:
        // A datagram socket is "connected" to anything; who asks for a name inside gets no answer.
        return act_.transport == Transport::udp && act_.number == 53 && loopback ? std::optional(none)
                                                                                 : std::nullopt;
      case EACCES:
        if (act_.intent != Intent::bind || act_.number >= 1024) return std::nullopt;
        return Cause{Layer::capability, "a port below 1024 needs a capability of the network's owner",
                     "--cap net_bind_service"};
      default:
        return std::nullopt;
    }
  }

  std::optional<Cause> host_network() const {
    const LandlockPlan& landlock = plan_.policy.landlock;
    if (act_.error != EACCES || !landlock.restrict_tcp || act_.transport != Transport::tcp)
      return std::nullopt;
    const bool bind = act_.intent == Intent::bind;
    return Cause{Layer::landlock,
                 fmt::format("the profile names the ports that may be {}, and {} is none of them",
                             bind ? "bound" : "connected to", act_.number),
                 ""};
  }

  const Plan& plan_;
  const Act& act_;
  const Outside& outside_;
};

/// It is not the default policy that refuses `call`, which would let it pass, with some arguments at least.
bool is_refused_by_rules(const PolicyPlan& policy, const std::string& call) {
  if (!policy.file && policy.syscalls.empty()) return false;
  const FilterPolicy ordinary = default_policy(policy.allow), in_force = policy_for(policy);
  if (allows_always(ordinary, call)) return true;
  const auto known = ordinary.calls.find(call), here = in_force.calls.find(call);
  const bool by_argument = known != ordinary.calls.end() && !known->second.rules.empty();
  return by_argument && (here == in_force.calls.end() || here->second.rules.empty());
}

}  // namespace

const char* layer_word(Layer layer) {
  switch (layer) {
    case Layer::hidden_path:
      return "hidden-path";
    case Layer::protected_path:
      return "protected-path";
    case Layer::read_only_mount:
      return "read-only-mount";
    case Layer::landlock:
      return "landlock";
    case Layer::seccomp:
      return "seccomp";
    case Layer::capability:
      return "capability";
    case Layer::network:
      return "network";
    case Layer::identity:
      return "identity";
  }
  return "";
}

std::optional<Cause> judge(const Plan& plan, const Act& act, const Outside& outside) {
  return Judge(plan, act, outside).cause();
}

Cause judge_refused_call(const PolicyPlan& policy, const std::string& call) {
  if (is_refused_by_rules(policy, call)) {
    if (policy.syscalls.empty())
      return {Layer::seccomp, "the filter file " + in_quotes(policy.seccomp) + " refuses it",
              "--seccomp default"};
    return {Layer::seccomp, "the rules of the profile refuse it",
            fmt::format("a profile over it with allow = [\"{}\"] under [syscalls]", call)};
  }
  const auto groups = syscall_groups();
  const auto group = std::find_if(groups.begin(), groups.end(), [&](const SyscallGroup& g) {
    const auto names = split(g.calls, ' ');
    return std::find(names.begin(), names.end(), call) != names.end();
  });
  if (group == groups.end()) return {Layer::seccomp, "the filter does not know it", ""};
  if (std::string_view(group->name) == "@mount")
    return {Layer::seccomp,
            "whoever may change the mounts of the sandbox can undo its view (--allow userns lets the command "
            "mount in a namespace of its own making only)",
            ""};
  std::string option;
  for (const Weakening& weakening : weakenings()) {
    const auto opened = split(weakening.groups, ' ');
    if (std::find(opened.begin(), opened.end(), group->name) != opened.end())
      option = fmt::format("--allow {}", weakening.token);
  }
  const std::string about(group->about);
  if (std::string_view(group->name) == "@by-argument") {
    if (call == "clone") option = "--allow userns";
    if (call == "personality") option = "--allow personality";
    return {Layer::seccomp, "the filter allows the call, but not with these arguments", option};
  }
  return {Layer::seccomp, fmt::format("the filter refuses {}", about), option};
}

std::string option_path(const std::string& path, const std::string& tilde) {
  if (tilde.size() > 1 && is_within(path, tilde) && path != tilde) {
    const std::string rest = path.substr(tilde.size());
    if (shell_word(rest) == rest) return "~" + rest;
  }
  return shell_word(path);
}

}  // namespace cloche
