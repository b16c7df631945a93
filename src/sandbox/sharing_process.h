// A process that shares this one's memory until it ends or executes a program (clone(2) with CLONE_VM), and
// is not waited for meanwhile as vfork(2)'s is. Nothing is copied for it, as a fork(2) would.
//
// What it runs must do with system calls: this process, and with it the heap's lock, may be killed anywhere.
// The two also share errno, so no call of it should fail while this process lives, but to end it. It has
// this process's descriptors, as they were, and its blocked signals.
#pragma once

#include <memory>

#include "base/pidfd.h"
#include "child/processors.h"

namespace cloche {

class SharingProcess {
 public:
  SharingProcess() = default;
  SharingProcess(const SharingProcess&) = delete;
  SharingProcess& operator=(const SharingProcess&) = delete;
  /// Kills it, unless it was waited for.
  ~SharingProcess();

  /// Runs `run(argument)`, and ends with what that returns. Throws Error where there can be no process.
  void start(int (*run)(void*), void* argument);
  /// Readable when it has ended; null before start() and after wait().
  const Fd& pidfd() const { return process_.pidfd; }
  /// On another processor than this process is on (child/processors.h), and so what it executes.
  void run_elsewhere(const child::Processors& all) { all.send_elsewhere(process_.pid); }
  void kill();
  /// Its wait status, when it has ended.
  int wait();

 private:
  std::unique_ptr<char[]> stack_;
  Process process_;
};

}  // namespace cloche
