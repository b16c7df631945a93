// The signals that cloche hands on to what it runs.
#pragma once

#include <signal.h>

#include <deque>
#include <functional>

#include "sandbox/event_loop.h"

namespace cloche {

inline constexpr int kForwarded[] = {SIGINT,  SIGTERM,  SIGHUP,  SIGQUIT, SIGUSR1,
                                     SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT};

/// What a terminal would send to every process of the foreground job goes to the whole group inside too.
bool for_the_group(int number);

/// Calls `heard` with the number of each of them from the loop, and lets them through from here on.
class ForwardedSignals {
 public:
  ForwardedSignals(EventLoop& loop, std::function<void(int)> heard) : loop_(loop), heard_(std::move(heard)) {}
  void start();

 private:
  void on_signal(ev::sig& signal, int);

  EventLoop& loop_;
  std::function<void(int)> heard_;
  std::deque<ev::sig> watchers_;
};

/// Blocks (SIG_BLOCK) or unblocks them: blocked from before a clone until a loop watches, none is lost.
void hold_signals(int how);

}  // namespace cloche
