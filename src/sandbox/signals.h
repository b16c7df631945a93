// The signals that cloche hands on to what it runs.
#pragma once

#include <signal.h>

namespace cloche {

inline constexpr int kForwarded[] = {SIGINT,  SIGTERM,  SIGHUP,  SIGQUIT, SIGUSR1,
                                     SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT};

/// What a terminal would send to every process of the foreground job goes to the whole group inside too.
bool for_the_group(int number);

/// Blocks (SIG_BLOCK) or unblocks them: blocked from before a clone until a loop watches, none is lost.
void hold_signals(int how);

}  // namespace cloche
