#include "trace/outside.h"

#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <sstream>

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"

namespace cloche {
namespace {

OutsidePath::Kind kind_of(const struct stat& there) {
  using Kind = OutsidePath::Kind;
  switch (there.st_mode & S_IFMT) {
    case S_IFDIR:
      return Kind::folder;
    case S_IFREG:
      return Kind::file;
    case S_IFSOCK:
      return Kind::socket;
    case S_IFCHR:
    case S_IFBLK:
      return Kind::device;
    default:
      return Kind::other;
  }
}

OutsidePath path_outside(const std::string& path) {
  OutsidePath outside;
  struct stat there {};
  if (::stat(path.c_str(), &there) != 0) return outside;
  outside.kind = kind_of(there);
  char real[PATH_MAX];
  if (::realpath(path.c_str(), real)) outside.real = real;
  outside.readable = ::access(path.c_str(), R_OK) == 0;
  outside.writable = ::access(path.c_str(), W_OK) == 0;
  outside.executable = ::access(path.c_str(), X_OK) == 0;
  outside.by_group =
      there.st_uid != ::getuid() && there.st_gid != ::getgid() && (there.st_mode & S_IROTH) == 0;
  return outside;
}

/// A row of /proc/net/tcp and its like: "sl local_address rem_address st …", addresses as HEX:PORT.
bool has_listener(const char* table, const char* state, std::int64_t port) {
  std::istringstream rows(read_if_there(fmt::format("/proc/net/{}", table)).value_or(""));
  const std::string suffix = fmt::format(":{:04X}", port);
  for (std::string row; std::getline(rows, row);) {
    std::istringstream fields(row);
    std::string number, local, remote, found;
    if (fields >> number >> local >> remote >> found && found == state && local.ends_with(suffix))
      return true;
  }
  return false;
}

bool listens(Transport transport, std::int64_t port) {
  if (transport == Transport::udp) return has_listener("udp", "07", port) || has_listener("udp6", "07", port);
  return has_listener("tcp", "0A", port) || has_listener("tcp6", "0A", port);
}

bool listens_abstract(const std::string& name) {
  const std::string sockets = read_if_there("/proc/net/unix").value_or("");
  return sockets.find(" @" + name + "\n") != std::string::npos;
}

}  // namespace

Outside outside_of(const std::string& home) {
  const char* variable = std::getenv("HOME");
  const bool is_home = !variable || path_outside(variable).real == home;
  return {path_outside, listens, listens_abstract, home, is_home ? home : ""};
}

}  // namespace cloche
