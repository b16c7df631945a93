// What is told to the person when something cannot be done: one sentence that names the action, the
// object and the cause, and where one is known the remedy. Said once, at the edge (cli/), with exit 125.
//
//   throw Error("cannot use /etc/subuid: line 3 has no count", "ask the administrator to mend it");
//   throw_errno(errno, "cannot open", path);   // cannot open '/x': No such file or directory
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace cloche {

class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& sentence, std::string remedy = {}, int code = 0)
      : std::runtime_error(sentence), remedy_(std::move(remedy)), code_(code) {}

  /// What to do about it, a sentence without its full stop; empty where none is known.
  const std::string& remedy() const { return remedy_; }
  /// The errno behind it, 0 where there is none.
  int code() const { return code_; }

 private:
  std::string remedy_;
  int code_;
};

/// A wrong use of the command line: the remedy points to --help.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// Throws Error: "ACTION 'OBJECT': words of `code`". An empty object is left out.
[[noreturn]] void throw_errno(int code, std::string_view action, std::string_view object,
                              std::string remedy = {});

/// The kernel's words for an errno and its name: "Permission denied (EACCES)".
std::string errno_words(int code);
/// "EACCES"; "errno 999" for one without a name.
std::string errno_name(int code);

}  // namespace cloche
