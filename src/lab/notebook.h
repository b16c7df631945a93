// Where an experiment writes down what it sees, from whatever process and namespace it is in: a pipe to the
// runner. A note is written at once, so that what was seen before a process was killed is not lost.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "lab/experiment.h"

namespace cloche::lab {

class Notebook {
 public:
  explicit Notebook(int pipe) : pipe_(pipe) {}

  void note(const Line& line) const;
  /// The same for a call that returned -1 with errno, or something else.
  void called(const std::string& what, long returned) const;
  void figure(const std::string& what, const std::string& value) const;
  void series(const std::string& title, const std::string& unit, double limit) const;
  void sample(double seconds, double value) const;
  void before(const Tree& tree) const;
  void after(const Tree& tree) const;
  /// Why it could not be done to its end.
  void broke(const std::string& why) const;

 private:
  void write(char kind, const std::vector<std::string>& fields) const;
  int pipe_;
};

/// Puts one note, as it came through the pipe, into `result`.
void take_note(Result& result, std::string_view note);

/// Cuts whole notes off the front of `bytes` and hands them on.
void take_notes(std::string& bytes, const std::function<void(std::string_view)>& each);

}  // namespace cloche::lab
