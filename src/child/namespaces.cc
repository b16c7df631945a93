#include "child/namespaces.h"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child/fail.h"
#include "child/messages.h"

namespace cloche::child {

void make_namespaces(const Frozen& frozen) {
  const int network = frozen.own_network ? CLONE_NEWNET : 0;
  if (::unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | network) != 0) fail(frozen, Step::namespaces);
  if (!send_message(frozen.control, {Say::unshared, 0, 0})) fail(frozen, Step::handshake);
}

void raise_loopback(const Frozen& frozen) {
  if (!frozen.own_network) return;
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  request.ifr_name[0] = 'l';
  request.ifr_name[1] = 'o';
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (socket < 0 || ::ioctl(socket, SIOCSIFFLAGS, &request) != 0) fail(frozen, Step::loopback);
  ::close(socket);
}

}  // namespace cloche::child
