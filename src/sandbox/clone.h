// The child in its new namespaces, and what it shares with cloche.
#pragma once

#include <sys/mman.h>

#include "base/pidfd.h"
#include "child/frozen.h"

namespace cloche {

/// Memory that parent and child both see: the child's failure record.
class SharedFailure {
 public:
  SharedFailure();
  ~SharedFailure() { ::munmap(record_, sizeof *record_); }
  SharedFailure(const SharedFailure&) = delete;
  SharedFailure& operator=(const SharedFailure&) = delete;
  child::Failure* get() const { return record_; }

 private:
  child::Failure* record_;
};

/// clone3 with a pidfd into new user, mount, pid, ipc and uts namespaces; the child runs
/// child::init_main(frozen), which makes the network and cgroup namespaces. With `cgroup`, a cgroup's
/// descriptor, the child is born in there, and where the kernel does not let it, `*cgroup` becomes -1. Throws
/// Error that names what stands in the way.
Process spawn(const child::Frozen& frozen, int* cgroup);

}  // namespace cloche
