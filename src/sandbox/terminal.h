// The person's terminal on one side, the payload's pty on the other: bytes both ways, the window's size, and
// the modes given back whatever happens. See pty(7), termios(3).
#pragma once

#include <sys/ioctl.h>
#include <termios.h>

#include <functional>
#include <string>

#include "base/fd.h"
#include "sandbox/event_loop.h"

namespace cloche {

/// How the terminal was found: a copy of its modes and size for the pty to begin with.
struct TerminalState {
  bool has_modes = false;
  termios modes{};
  winsize window{};
};
TerminalState terminal_state();

class TerminalProxy {
 public:
  /// Puts the person's terminal into raw mode and copies from now on, in `loop`, until destroyed.
  /// `hung_up` is called once, when the person's side is gone.
  TerminalProxy(EventLoop& loop, Fd master, std::function<void()> hung_up);
  ~TerminalProxy();
  TerminalProxy(const TerminalProxy&) = delete;
  TerminalProxy& operator=(const TerminalProxy&) = delete;

  /// Takes the terminal again after a stop.
  void resume();
  void resize();
  /// Writes what the payload left in the pty before it ended.
  void drain();

 private:
  struct Direction {
    explicit Direction(EventLoop& loop) : readable(loop.get()), writable(loop.get()) {}
    int from = -1, to = -1;
    std::string waiting;
    ev::io readable, writable;
    bool ended = false;
  };
  void arm(Direction& direction);
  void on_readable(ev::io& watcher, int);
  void on_writable(ev::io& watcher, int);
  void end(Direction& direction);
  Direction& direction_of(const ev::io& watcher);

  Fd master_, terminal_in_, terminal_out_;
  std::function<void()> hung_up_;
  Direction input_, output_;  // towards the payload, and back
};

/// ^Z: the job that the person's shell knows is cloche, so cloche stops as well, and returns when it is told
/// to go on. The terminal, if there is one, has its own modes meanwhile, and is taken again before a key is
/// read: until then ^D would be the terminal's end.
void stop_job(TerminalProxy* terminal);

}  // namespace cloche
