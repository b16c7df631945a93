// The one event loop of a run: libev, linked statically, because a run that needs no bus then need not load
// libsystemd, which costs most of a millisecond. Where the bus is needed, sd-event's own loop is watched as
// one more descriptor of this one (sd_event_get_fd(3) is made for that).
//
// Watchers are libev's: ev::io, ev::timer, ev::sig; they stop by themselves when they are destroyed. Each is
// constructed with its loop: one without makes libev's default loop, with an epoll and a handler of SIGCHLD.
#pragma once

#include <ev++.h>

#include <exception>
#include <utility>

namespace cloche {

class EventLoop {
 public:
  EventLoop() : loop_(unsigned{EVFLAG_NOENV} | unsigned{EVBACKEND_POLL}) {}

  struct ev_loop* get() {
    return loop_;
  }
  /// Runs until stop(); what a guarded handler threw comes out here.
  void run() {
    loop_.run(0);
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }
  void stop() { loop_.break_loop(ev::ALL); }
  /// Runs a handler; libev is C and no exception may pass through it.
  template <typename Handler>
  void guarded(Handler handler) {
    try {
      handler();
    } catch (...) {
      failure_ = std::current_exception();
      stop();
    }
  }

 private:
  ev::dynamic_loop loop_;
  std::exception_ptr failure_;
};

}  // namespace cloche
