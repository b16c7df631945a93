// A process held by its pidfd: unlike a number, it never comes to mean another process.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

namespace cloche {

struct Process {
  pid_t pid = -1;
  Fd pidfd;
};

// glibc 2.36 declares pidfd_open and pidfd_send_signal without C linkage, so the calls are made directly.
inline Fd pidfd_of(pid_t pid) {
  return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

/// Returns false with errno set; ESRCH: it is gone.
inline bool send_signal(const Fd& pidfd, int signal) {
  return ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0;
}

}  // namespace cloche
