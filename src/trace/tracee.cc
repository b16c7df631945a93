#include "trace/tracee.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstddef>
#include <cstring>

#include <fmt/format.h>

#include "base/file.h"
#include "base/pidfd.h"
#include "base/text.h"
#include "plan/resolve.h"

namespace cloche {
namespace {

std::size_t read_memory(pid_t tid, std::uint64_t address, void* into, std::size_t most) {
  const iovec here = {into, most};
  const iovec there = {reinterpret_cast<void*>(address), most};  // NOLINT(performance-no-int-to-ptr): theirs
  const ssize_t got = ::process_vm_readv(tid, &here, 1, &there, 1, 0);
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

std::optional<std::string> link_text(const std::string& path) {
  char target[PATH_MAX];
  const ssize_t length = ::readlink(path.c_str(), target, sizeof target);
  if (length <= 0) return std::nullopt;
  return std::string(target, static_cast<std::size_t>(length));
}

/// A copy of the tracee's socket tells its kind; nothing is read from it.
Transport transport_of(pid_t tid, int socket) {
  const auto status = read_if_there(fmt::format("/proc/{}/status", tid));
  const std::size_t at = status ? status->find("\nTgid:\t") : std::string::npos;
  if (at == std::string::npos) return Transport::none;
  const Fd process = pidfd_of(static_cast<pid_t>(std::atoi(status->c_str() + at + 7)));
  const Fd copy(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), socket, 0)));
  int type = 0;
  socklen_t size = sizeof type;
  if (!copy || ::getsockopt(copy.get(), SOL_SOCKET, SO_TYPE, &type, &size) != 0) return Transport::none;
  return type == SOCK_STREAM ? Transport::tcp : Transport::udp;
}

}  // namespace

std::string tracee_bytes(pid_t tid, std::uint64_t address, std::size_t most) {
  std::string bytes(most, '\0');
  bytes.resize(read_memory(tid, address, bytes.data(), most));
  return bytes;
}

std::optional<std::string> tracee_text(pid_t tid, std::uint64_t address) {
  static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  std::string text;
  char part[PATH_MAX];
  while (text.size() < PATH_MAX) {
    // Up to the end of a page: the next one may not be there.
    const std::size_t want = std::min<std::uint64_t>(sizeof part, page - address % page);
    const std::size_t got = read_memory(tid, address, part, want);
    if (got == 0) return std::nullopt;
    const auto* end = static_cast<const char*>(std::memchr(part, 0, got));
    text.append(part, end ? static_cast<std::size_t>(end - part) : got);
    if (end) return text;
    address += got;
  }
  return std::nullopt;
}

std::optional<std::string> tracee_path(pid_t tid, int folder, const std::string& path) {
  if (path.starts_with('/')) return clean_path(path, "/");
  const auto base = link_text(folder == AT_FDCWD ? fmt::format("/proc/{}/cwd", tid)
                                                 : fmt::format("/proc/{}/fd/{}", tid, folder));
  if (!base || !base->starts_with('/')) return std::nullopt;
  return clean_path(path, *base);
}

bool read_address(pid_t tid, int socket, std::uint64_t address, std::uint64_t length, Act& act) {
  sockaddr_storage storage{};
  const std::size_t got =
      read_memory(tid, address, &storage, std::min<std::uint64_t>(length, sizeof storage));
  if (got < sizeof(sa_family_t)) return false;
  char text[INET6_ADDRSTRLEN];
  switch (storage.ss_family) {
    case AF_INET: {
      sockaddr_in in{};
      std::memcpy(&in, &storage, sizeof in);
      act.object = ::inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
      act.number = ntohs(in.sin_port);
      act.transport = transport_of(tid, socket);
      return true;
    }
    case AF_INET6: {
      sockaddr_in6 in{};
      std::memcpy(&in, &storage, sizeof in);
      act.object = ::inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
      act.number = ntohs(in.sin6_port);
      act.transport = transport_of(tid, socket);
      return true;
    }
    case AF_UNIX: {
      constexpr std::size_t kAt = offsetof(sockaddr_un, sun_path);
      if (got <= kAt) return false;
      const char* bytes = reinterpret_cast<const char*>(&storage) + kAt;
      const std::string_view name(bytes, got - kAt);
      act.transport = Transport::local;
      if (name.front() == '\0') {
        act.object = "@" + std::string(name.substr(1));
        return true;
      }
      const auto path = tracee_path(tid, AT_FDCWD, std::string(name.substr(0, name.find('\0'))));
      act.object = path.value_or("");
      return path.has_value();
    }
    default:
      return false;
  }
}

std::optional<std::string> tracee_program(pid_t tid) {
  return link_text(fmt::format("/proc/{}/exe", tid));
}

std::string tracee_name(pid_t tid) {
  const auto name = read_if_there(fmt::format("/proc/{}/comm", tid));
  return name ? printable(trim(*name)) : "";
}

}  // namespace cloche
