#include "child/messages.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace cloche::child {
namespace {

union Control {
  cmsghdr header;  // for its alignment
  char bytes[CMSG_SPACE(sizeof(int))];
};

}  // namespace

bool send_message(int socket, const Message& message, int fd) {
  iovec data = {const_cast<Message*>(&message), sizeof message};
  Control control;
  msghdr packet{};
  packet.msg_iov = &data;
  packet.msg_iovlen = 1;
  if (fd >= 0) {
    std::memset(&control, 0, sizeof control);
    packet.msg_control = control.bytes;
    packet.msg_controllen = sizeof control.bytes;
    cmsghdr* header = CMSG_FIRSTHDR(&packet);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  ssize_t sent;
  do sent = ::sendmsg(socket, &packet, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(sizeof message);
}

bool receive_message(int socket, Message& message, int* fd) {
  iovec data = {&message, sizeof message};
  Control control;
  msghdr packet{};
  packet.msg_iov = &data;
  packet.msg_iovlen = 1;
  packet.msg_control = control.bytes;
  packet.msg_controllen = sizeof control.bytes;
  ssize_t got;
  do got = ::recvmsg(socket, &packet, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got < 0) return false;
  int received = -1;
  if (const cmsghdr* header = CMSG_FIRSTHDR(&packet);
      header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
    std::memcpy(&received, CMSG_DATA(header), sizeof received);
  if (fd)
    *fd = received;
  else if (received >= 0)
    ::close(received);
  if (got == static_cast<ssize_t>(sizeof message)) return true;
  errno = got == 0 ? EPIPE : EPROTO;
  return false;
}

}  // namespace cloche::child
