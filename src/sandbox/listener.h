// The listener of the payload's filter: it is told of each call that the filter refuses, answers the errno
// that the filter alone would have answered, and keeps count. seccomp_unotify(2).
//
//   Listener listener(loop, std::move(fd), [&] { return policy; }, [](const Denial& first) { … });
//   …                                      // every process of the sandbox has ended
//   outcome.denials = listener.finish();
//
// Allowed calls never come here, and none is ever let through from here: the answer follows from the call's
// number and registers, as in the filter; what is read of the caller's memory is only shown. Where cloche
// dies the kernel answers ENOSYS.
//
// The first refused call starts a thread that serves them all; a run that is refused nothing pays for a
// descriptor and no more. It is a thread and not a handler of the loop because the payload chooses the
// memory that is read: a page of a file on a file system that does not answer would hold up the timeout that
// is to end it. And a million refused calls are then no load on the loop.
//
// While cloche itself is stopped (SIGSTOP), a refused call waits for it.
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "policy/filter.h"
#include "sandbox/denials.h"
#include "sandbox/event_loop.h"

namespace cloche {

class Listener {
 public:
  /// `policy` is asked for once, at the first refused call, and maybe from another thread; it has to be the
  /// one that the filter was made from. `told`, where it is not empty, is called in the loop with the first
  /// call of each kind.
  Listener(EventLoop& loop, Fd listener, std::function<FilterPolicy()> policy,
           std::function<void(const Denial&)> told);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// What was refused, once nobody is left to be refused anything.
  std::vector<Denial> finish();

 private:
  struct Desk;
  class Clerk;
  void on_call(ev::io&, int);
  void on_news(ev::io&, int);
  bool start_thread();
  static void serve_all(const std::shared_ptr<Desk>& desk);
  void tell();

  EventLoop& loop_;
  std::shared_ptr<Desk> desk_;  // the thread's too, which may outlive us where it cannot be ended
  std::unique_ptr<Clerk> clerk_;
  std::thread thread_;
  std::function<void(const Denial&)> told_;
  ev::io call_, news_;
};

}  // namespace cloche
