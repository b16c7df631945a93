// A program of the system's that does for a run what this process may not: newuidmap or newgidmap.
//
//   Helper helper;
//   helper.start(path, {"newuidmap", "4711", "0", "1000", "1"});
//   ...                      // it runs, and this process does not wait for its start either
//   helper.finish();
#pragma once

#include <string>
#include <vector>

#include "sandbox/sharing_process.h"

namespace cloche {

class Helper {
 public:
  /// With an empty environment: a setuid program is given nothing to be misled by. It hears nothing, and says
  /// nothing but errors. Throws Error where there can be no process; finish() tells where it cannot be
  /// executed.
  void start(const std::string& path, std::vector<std::string> words);

  /// It takes a millisecond, for which this process has something to do itself.
  void run_elsewhere(const child::Processors& all) { process_.run_elsewhere(all); }

  const std::string& path() const { return path_; }
  /// Readable when it has ended; null where it was never started, or has been finished.
  const Fd& pidfd() const { return process_.pidfd(); }

  /// When it has ended. Throws Error with what it said where it failed.
  void finish();

 private:
  static int execute(void* self) noexcept;

  std::string path_;
  std::vector<std::string> words_;
  std::vector<char*> arguments_;
  Fd null_, says_, said_;
  int error_ = 0;           ///< of execve
  SharingProcess process_;  ///< last: it ends before what it uses
};

}  // namespace cloche
