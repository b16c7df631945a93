#include "sandbox/signals.h"

namespace cloche {

bool for_the_group(int number) {
  return number == SIGINT || number == SIGQUIT || number == SIGHUP || number == SIGTSTP ||
         number == SIGCONT || number == SIGWINCH;
}

void hold_signals(int how) {
  sigset_t held;
  sigemptyset(&held);
  for (const int number : kForwarded) sigaddset(&held, number);
  ::sigprocmask(how, &held, nullptr);
}

}  // namespace cloche
