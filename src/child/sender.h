// Sends the filter's listener to cloche where the filter itself refuses the sending: a process beside the
// payload, without the filter, that shares its table of descriptors until exec parts them.
//
//   Sender sender(frozen);                         // before the filter
//   if (sender.begin()) sender.give(listener);     // no system call: the filter is in force
//
// It is a child of pid 1, which reaps it and lets it finish, and lives for a moment beside what is executed:
// nothing of that may look into it or trace it, or the filter had a way around it.
#pragma once

#include "child/frozen.h"

namespace cloche::child {

class Sender {
 public:
  explicit Sender(const Frozen& frozen) : frozen_(frozen) {}

  /// Returns once it is closed to others; false with errno set where it cannot be had.
  bool begin();
  /// The listener, or where there is none the errno as a negative number.
  void give(int listener);
  /// In pid 1, before it ends what lives: what was given is sent, unless somebody keeps the sender from it.
  void await();

 private:
  [[noreturn]] void run() const;

  const Frozen& frozen_;
};

}  // namespace cloche::child
