#include "sandbox/doors.h"

#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"

namespace cloche {
namespace {

using Json = nlohmann::ordered_json;

struct Kind {
  const char* name;  ///< in /proc/PID/ns
  int flag;
};
// The order of entering: the first gives the capabilities that the others ask for, the view comes last.
constexpr std::array kKinds = {Kind{"user", CLONE_NEWUSER}, Kind{"ipc", CLONE_NEWIPC},
                               Kind{"uts", CLONE_NEWUTS},   Kind{"net", CLONE_NEWNET},
                               Kind{"pid", CLONE_NEWPID},   Kind{"mnt", CLONE_NEWNS}};

/// A namespace is known by the inode of its file; 0 where it cannot be told.
std::uint64_t inode_of(int fd) {
  struct stat there {};
  return ::fstat(fd, &there) == 0 ? there.st_ino : 0;
}

std::uint64_t owner_of(const Fd& door) {
  const Fd owner(::ioctl(door.get(), NS_GET_USERNS));
  return owner ? inode_of(owner.get()) : 0;
}

std::string hex(const std::vector<sock_filter>& filter) {
  std::string text;
  for (const sock_filter& one : filter)
    text += fmt::format("{:04x}{:02x}{:02x}{:08x}", one.code, one.jt, one.jf, one.k);
  return text;
}

std::vector<sock_filter> unhex(const std::string& text) {
  std::vector<sock_filter> filter;
  for (std::size_t at = 0; at < text.size(); at += 16) {
    const auto part = [&](std::size_t from, std::size_t length) {
      return static_cast<std::uint32_t>(std::stoul(text.substr(at + from, length), nullptr, 16));
    };
    filter.push_back({static_cast<std::uint16_t>(part(0, 4)), static_cast<std::uint8_t>(part(4, 2)),
                      static_cast<std::uint8_t>(part(6, 2)), part(8, 8)});
  }
  return filter;
}

std::uint64_t own_net() {
  struct stat there {};
  return ::stat("/proc/self/ns/net", &there) == 0 ? there.st_ino : 0;
}

[[noreturn]] void refuse(const RunningSandbox& sandbox, const std::string& why) {
  throw Error(fmt::format("cannot enter {}: {}", in_quotes(sandbox.name), why),
              "see that it runs: cloche inspect " + sandbox.name);
}

void check_user_namespace(const RunningSandbox& sandbox, const Fd& door) {
  struct stat own {};
  uid_t owner = static_cast<uid_t>(-1);
  if (::stat("/proc/self/ns/user", &own) != 0 || own.st_ino == inode_of(door.get()))
    refuse(sandbox, "it has no user namespace of its own");
  if (::ioctl(door.get(), NS_GET_OWNER_UID, &owner) != 0 || owner != ::geteuid())
    refuse(sandbox, "its user namespace is not yours");
}

void open_one(const RunningSandbox& sandbox, const Kind& kind, const Json& noted, OpenDoors& open) {
  const std::string path = fmt::format("/proc/{}/fd/{}", sandbox.supervisor, noted.at("fd").get<int>());
  Fd door(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!door) refuse(sandbox, fmt::format("its {} namespace: {}", kind.name, errno_words(errno)));
  if (::ioctl(door.get(), NS_GET_NSTYPE) != kind.flag ||
      inode_of(door.get()) != noted.at("inode").get<std::uint64_t>())
    refuse(sandbox, fmt::format("its {} namespace is not the one that was noted", kind.name));
  if (kind.flag == CLONE_NEWUSER)
    check_user_namespace(sandbox, door);
  else if (owner_of(door) != inode_of(open.fds.front().get()))
    refuse(sandbox, fmt::format("its {} namespace belongs to another", kind.name));
  open.list.push_back({door.get(), kind.flag});
  open.fds.push_back(std::move(door));
}

}  // namespace

Doors::Doors(pid_t init, bool net) : net_(net) {
  for (const Kind& kind : kKinds) {
    if (kind.flag == CLONE_NEWNET && !net) continue;
    const std::string path = fmt::format("/proc/{}/ns/{}", init, kind.name);
    Fd door(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!door) {
      held_.clear();
      return;
    }
    held_.push_back({kind.name, std::move(door)});
  }
}

std::string Doors::note(const std::vector<sock_filter>& filter) const {
  if (held_.empty()) return {};
  Json namespaces = Json::object(), limits = Json::array();
  for (const Held& one : held_)
    namespaces[one.name] = {{"fd", one.fd.get()}, {"inode", inode_of(one.fd.get())}};
  for (int resource = 0; resource < RLIM_NLIMITS; ++resource) {
    rlimit64 limit{};
    if (::getrlimit64(static_cast<__rlimit_resource>(resource), &limit) == 0)
      limits.push_back({resource, limit.rlim_cur, limit.rlim_max});
  }
  const mode_t mask = ::umask(0);
  ::umask(mask);
  const Json note = {{"made_by", CLOCHE_VERSION},
                     {"shared_net", net_ ? Json(nullptr) : Json(own_net())},
                     {"namespaces", std::move(namespaces)},
                     {"umask", mask},
                     {"inherited_rlimits", std::move(limits)},
                     {"filter", hex(filter)}};
  return note.dump();
}

OpenDoors open_doors(const RunningSandbox& sandbox) {
  // The plan is read by the rules of the version that wrote it.
  if (sandbox.entry.empty()) refuse(sandbox, "its namespaces could not be held open when it was started");
  OpenDoors open;
  try {
    const Json note = Json::parse(sandbox.entry);
    if (note.at("made_by") != CLOCHE_VERSION) refuse(sandbox, "another version of cloche runs it");
    const Json& namespaces = note.at("namespaces");
    const Json& shared_net = note.at("shared_net");
    if (!shared_net.is_null() && shared_net.get<std::uint64_t>() != own_net())
      refuse(sandbox, "it shares a network that is not yours here");
    for (const Kind& kind : kKinds)
      if (kind.flag != CLONE_NEWNET || shared_net.is_null())
        open_one(sandbox, kind, namespaces.at(kind.name), open);
    open.filter = unhex(note.at("filter").get<std::string>());
    open.umask = note.at("umask").get<mode_t>();
    for (const Json& limit : note.at("inherited_rlimits"))
      open.inherited.push_back({limit.at(0).get<int>(), {limit.at(1), limit.at(2)}});
  } catch (const std::exception& error) {
    if (dynamic_cast<const Error*>(&error)) throw;
    refuse(sandbox, "its note cannot be read");
  }
  // The supervisor's number still is the supervisor's as long as its child, pid 1, lives.
  if (!is_running(held_init(sandbox))) refuse(sandbox, "it has just ended");
  return open;
}

}  // namespace cloche
