// What pid 1 and cloche say to each other over their socket pair: one fixed struct a packet, with at most
// one descriptor beside it. End-of-file means that the other side is gone: pid 1 then ends at once, which
// ends every process of its namespace. It is the race-free half of the parent-death signal.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>

namespace cloche::child {

enum class Say : std::uint32_t {
  // cloche to pid 1
  planned,  ///< what is frozen is whole
  mapped,   ///< the id maps are written
  laid,     ///< the placeholders of protected paths are on the host
  placed,   ///< go on to the payload; with the payload's cgroup as a descriptor, if there is one; value 1: it
            ///< goes when it is empty, so pid 1 outlives the payload until it is released
  signal,   ///< value: number; for the payload, or its whole process group with `group`
  release,  ///< the figures are read: end
  // pid 1 (or the payload before exec) to cloche
  unshared,  ///< its namespaces are its own now
  terminal,  ///< with the master of the payload's pty
  listener,  ///< with the descriptor of the filter's notifications; value: the errno where there is none
  stopped,   ///< value: the signal that stopped the payload
  continued,
  ended  ///< value: the wait status of the payload; group: 1 where nobody else was left but pid 1
};

struct Message {
  Say say;
  std::int32_t value;
  std::int32_t group;
};

/// What send_message() gives sendmsg(2): a filter may decide by the flags.
inline constexpr std::array<std::uint64_t, 6> kSendArguments = {0, 0, MSG_NOSIGNAL};

/// Both return false with errno set; a packet that is no Message is EPROTO, end-of-file is EPIPE.
/// `fd` is sent when it is not negative; a received one is the caller's, -1 for none.
bool send_message(int socket, const Message& message, int fd = -1);
bool receive_message(int socket, Message& message, int* fd = nullptr);

}  // namespace cloche::child
