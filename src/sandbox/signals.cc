#include "sandbox/signals.h"

namespace cloche {

bool for_the_group(int number) {
  return number == SIGINT || number == SIGQUIT || number == SIGHUP || number == SIGTSTP ||
         number == SIGCONT || number == SIGWINCH;
}

void ForwardedSignals::start() {
  for (const int number : kForwarded) {
    ev::sig& watcher = watchers_.emplace_back(loop_.get());
    watcher.set<ForwardedSignals, &ForwardedSignals::on_signal>(this);
    watcher.start(number);
  }
  hold_signals(SIG_UNBLOCK);
}

void ForwardedSignals::on_signal(ev::sig& signal, int) {
  loop_.guarded([&] { heard_(signal.signum); });
}

void hold_signals(int how) {
  sigset_t held;
  sigemptyset(&held);
  for (const int number : kForwarded) sigaddset(&held, number);
  ::sigprocmask(how, &held, nullptr);
}

}  // namespace cloche
