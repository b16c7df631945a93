#include "child/processors.h"

#include <sys/syscall.h>
#include <unistd.h>

namespace cloche::child {

Processors::Processors() : are_known_(::sched_getaffinity(0, sizeof all_, &all_) == 0) {}

void Processors::send_elsewhere(pid_t process) const {
  unsigned here = 0;
  if (!are_known_ || ::syscall(SYS_getcpu, &here, nullptr, nullptr) != 0) return;
  cpu_set_t others = all_;
  CPU_CLR(here, &others);
  ::sched_setaffinity(process, sizeof others, &others);  // EINVAL: there is no other
}

void Processors::stay_here() const {
  unsigned here = 0;
  if (!are_known_ || CPU_COUNT(&all_) != 2 || ::syscall(SYS_getcpu, &here, nullptr, nullptr) != 0) return;
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(here, &only);
  ::sched_setaffinity(0, sizeof only, &only);
}

void Processors::come_back() const {
  if (are_known_) ::sched_setaffinity(0, sizeof all_, &all_);
}

}  // namespace cloche::child
