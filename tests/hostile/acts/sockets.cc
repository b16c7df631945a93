// Ways to talk to the host without a file, and to its network.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "act.h"

namespace acts {
namespace {

int number(const std::string& word) {
  return static_cast<int>(std::strtol(word.c_str(), nullptr, 0));
}

/// words: family, type, protocol.
Result make_socket(const Words& words) {
  return did(::socket(number(words.at(0)), number(words.at(1)), number(words.at(2))));
}
Result make_socket_pair(const Words& words) {
  int pair[2];
  return did(::socketpair(number(words.at(0)), number(words.at(1)), number(words.at(2)), pair));
}

Result connect_unix(const std::string& name, bool abstract) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return refused();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + (abstract ? 1 : 0), name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + 1);
  return did(::connect(fd, reinterpret_cast<sockaddr*>(&address), size));
}

Result connect_path(const Words& words) {
  return connect_unix(words.at(0), false);
}
Result connect_abstract(const Words& words) {
  return connect_unix(words.at(0), true);
}

sockaddr_in address_of(const Words& words) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(number(words.at(1))));
  ::inet_pton(AF_INET, words.at(0).c_str(), &address.sin_addr);
  return address;
}

Result connect_tcp(const Words& words) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return refused();
  const sockaddr_in address = address_of(words);
  return did(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

Result bind_tcp(const Words& words) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return refused();
  const sockaddr_in address = address_of(words);
  return did(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

/// By the protocol that Landlock does not see.
Result connect_mptcp(const Words& words) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);
  if (fd < 0) return refused();
  const sockaddr_in address = address_of(words);
  return did(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

/// TCP Fast Open: a connection without connect().
Result send_to_open(const Words& words) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return refused();
  const sockaddr_in address = address_of(words);
  const auto* to = reinterpret_cast<const sockaddr*>(&address);
  return did(::sendto(fd, "x", 1, MSG_FASTOPEN, to, sizeof address));
}

/// A datagram to words[0]:words[1] that is answered (the listener of the test sends it back).
Result exchange_udp(const Words& words) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return refused();
  const sockaddr_in address = address_of(words);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return refused();
  if (::send(fd, "?", 1, MSG_NOSIGNAL) != 1) return refused();
  pollfd polled{fd, POLLIN, 0};
  if (::poll(&polled, 1, 2000) == 0) return refused_because("SILENT");
  char byte;
  return did(::recv(fd, &byte, 1, 0));
}

/// A connection to the host through vsock: context 1 is the machine itself, 2 its hypervisor.
Result connect_vsock(const Words& words) {
  const int fd = ::socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return refused();
  sockaddr_vm address{};
  address.svm_family = AF_VSOCK;
  address.svm_cid = static_cast<unsigned>(number(words.at(0)));
  address.svm_port = 1024;
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 || errno == EINPROGRESS) {
    return succeeded();
  }
  // The socket itself is the way out: that nobody listens is the host's luck.
  return succeeded(std::string("a socket, then ") + ::strerrorname_np(errno));
}

/// Is a network interface of the host called words[0] seen?
Result see_interface(const Words& words) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return refused();
  ifreq request{};
  std::strncpy(request.ifr_name, words.at(0).c_str(), IFNAMSIZ - 1);
  return did(::ioctl(fd, SIOCGIFINDEX, &request));
}

/// Takes the loopback interface down: who may do that owns the network namespace.
Result configure_network(const Words&) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return refused();
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  if (::ioctl(fd, SIOCGIFFLAGS, &request) != 0) return refused();
  request.ifr_flags = static_cast<short>(request.ifr_flags ^ IFF_UP);
  return did(::ioctl(fd, SIOCSIFFLAGS, &request));
}

/// Makes a dummy interface over netlink.
Result add_interface(const Words&) {
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return refused();
  struct {
    nlmsghdr header;
    ifinfomsg info;
    char attributes[64];
  } request{};
  request.header.nlmsg_type = RTM_NEWLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;
  auto* outer = reinterpret_cast<rtattr*>(request.attributes);
  outer->rta_type = IFLA_LINKINFO;
  auto* kind = reinterpret_cast<rtattr*>(request.attributes + RTA_LENGTH(0));
  kind->rta_type = 1;  // IFLA_INFO_KIND
  kind->rta_len = RTA_LENGTH(6);
  std::memcpy(RTA_DATA(kind), "bridge", 6);
  outer->rta_len = static_cast<unsigned short>(RTA_LENGTH(RTA_ALIGN(kind->rta_len)));
  request.header.nlmsg_len =
      static_cast<unsigned>(NLMSG_LENGTH(sizeof request.info) + RTA_ALIGN(outer->rta_len));
  if (::send(fd, &request, request.header.nlmsg_len, 0) < 0) return refused();
  char buffer[4096];
  const ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
  if (count < static_cast<ssize_t>(sizeof(nlmsghdr) + sizeof(nlmsgerr))) return refused();
  const int error = reinterpret_cast<nlmsgerr*>(NLMSG_DATA(reinterpret_cast<nlmsghdr*>(buffer)))->error;
  if (error == -EOPNOTSUPP) return untried("this kernel has no bridges");
  return error == 0 ? succeeded() : refused(-error);
}

constexpr Act kActs[] = {
    {"socket", make_socket},          {"socketpair", make_socket_pair},
    {"connect_path", connect_path},   {"connect_abstract", connect_abstract},
    {"connect_tcp", connect_tcp},     {"bind_tcp", bind_tcp},
    {"connect_mptcp", connect_mptcp}, {"send_to_open", send_to_open},
    {"exchange_udp", exchange_udp},   {"connect_vsock", connect_vsock},
    {"see_interface", see_interface}, {"configure_network", configure_network},
    {"add_interface", add_interface},
};

}  // namespace

std::span<const Act> socket_acts() {
  return kActs;
}

}  // namespace acts
