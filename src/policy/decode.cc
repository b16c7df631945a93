#include "policy/decode.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/text.h"
#include "policy/call_shapes.h"
#include "policy/call_words.h"

namespace cloche {
namespace {

/// The kernel reads an int from the low half of a register, whatever is in the other.
int as_int(std::uint64_t value) {
  return static_cast<int>(static_cast<std::uint32_t>(value));
}

std::string hex(std::uint64_t value) {
  return fmt::format("{:#x}", value);
}
std::string address(std::uint64_t value) {
  return value == 0 ? "NULL" : hex(value);
}

void put_text(Argument& argument, std::string_view text, bool cut) {
  argument.words = printable(text.substr(0, kLongestText));
  argument.text = true;
  argument.cut = cut || text.size() > kLongestText;
}

void read_text(Argument& argument, std::uint64_t at, const ReadMemory& read) {
  const std::string found = at ? read(at, kLongestText + 1) : "";
  if (found.empty()) {
    argument.words = address(at);
    return;
  }
  const std::size_t end = found.find('\0');
  put_text(argument, std::string_view(found).substr(0, end), end == std::string::npos);
}

void read_bytes(Argument& argument, std::uint64_t at, std::uint64_t length, const ReadMemory& read) {
  const std::size_t most = std::min<std::uint64_t>(length, kLongestText + 1);
  const std::string found = at && most ? read(at, most) : "";
  if (found.empty())
    argument.words = address(at);
  else
    put_text(argument, found, length > found.size());
}

/// As the families write addresses: a path, @name for an abstract one, host and port.
void read_socket_address(Argument& argument, std::uint64_t at, std::uint64_t length, const ReadMemory& read) {
  union {
    sockaddr any;
    sockaddr_un local;
    sockaddr_in internet;
    sockaddr_in6 internet6;
  } place{};
  const std::string found = at ? read(at, std::min<std::uint64_t>(length, sizeof place)) : "";
  std::memcpy(&place, found.data(), found.size());
  char host[INET6_ADDRSTRLEN];
  argument.words = address(at);
  if (found.size() <= offsetof(sockaddr_un, sun_path)) return;
  if (place.any.sa_family == AF_UNIX) {
    std::string_view path = std::string_view(found).substr(offsetof(sockaddr_un, sun_path));
    const bool abstract = path.front() == '\0';
    if (abstract) path.remove_prefix(1);
    put_text(argument, path.substr(0, abstract ? path.size() : path.find('\0')), false);
    if (abstract) argument.words.insert(0, "@");
  } else if (place.any.sa_family == AF_INET && found.size() >= sizeof place.internet) {
    ::inet_ntop(AF_INET, &place.internet.sin_addr, host, sizeof host);
    argument.words = fmt::format("{}:{}", host, ntohs(place.internet.sin_port));
  } else if (place.any.sa_family == AF_INET6 && found.size() >= sizeof place.internet6) {
    ::inet_ntop(AF_INET6, &place.internet6.sin6_addr, host, sizeof host);
    argument.words = fmt::format("[{}]:{}", host, ntohs(place.internet6.sin6_port));
  }
}

std::string number_words(std::string_view kind, std::uint64_t value) {
  if (kind == "address") return address(value);
  if (kind == "hex") return hex(value);
  if (kind == "size") return std::to_string(value);
  if (kind == "mode") return call_words(kind, value);
  if (kind == "device")
    return fmt::format("{}:{}", ::gnu_dev_major(static_cast<std::uint32_t>(value)),
                       ::gnu_dev_minor(static_cast<std::uint32_t>(value)));
  if (kind == "folder" && as_int(value) == AT_FDCWD) return "AT_FDCWD";
  if (kind == "int" || kind == "id" || kind == "descriptor" || kind == "folder")
    return std::to_string(as_int(value));
  return call_words(kind, value);
}

}  // namespace

std::optional<std::vector<Argument>> decode(const std::string& call, const CallArguments& given,
                                            const ReadMemory& read) {
  const std::string_view shape = call_shape(call);
  if (shape.empty()) return std::nullopt;
  std::vector<Argument> arguments;
  for (const std::string& part : split(trim(shape), ' ')) {
    const std::size_t colon = part.find(':');
    if (colon == std::string::npos) break;  // a call without any
    const std::string_view kind = std::string_view(part).substr(colon + 1);
    const std::size_t at = arguments.size();
    const std::uint64_t value = given[at], next = at + 1 < given.size() ? given[at + 1] : 0;
    Argument argument{part.substr(0, colon), {}};
    if (kind == "text")
      read_text(argument, value, read);
    else if (kind == "bytes")
      read_bytes(argument, value, next, read);
    else if (kind == "socket-address")
      read_socket_address(argument, value, next, read);
    else
      argument.words = number_words(kind, value);
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

std::string call_text(const std::string& call, const std::optional<std::vector<Argument>>& arguments) {
  if (!arguments) return call + "(…)";
  std::vector<std::string> words;
  for (const Argument& one : *arguments) {
    std::string inside = one.words;
    // What printable() leaves of a text has its backslashes doubled, so that this one cannot be forged.
    if (one.text)
      for (std::size_t at = 0; (at = inside.find('"', at)) != std::string::npos; at += 2)
        inside.insert(at, "\\");
    words.push_back(one.text ? fmt::format("\"{}\"{}", inside, one.cut ? "…" : "") : inside);
  }
  return call + "(" + join(words, ", ") + ")";
}

}  // namespace cloche
