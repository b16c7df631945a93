// What an observed run was seen to do: one Act for each call that names something, folded into a Log.
//
//   {"openat", Intent::read, "/home/anna/.ssh/config", .error = ENOENT}   three times, first by "cat"
//   {"connect", Intent::connect, "10.0.0.7", Transport::tcp, 443, .error = ENETUNREACH}
//
// Plain values: the tracer (tracer.h) writes them, judge.h and learn/ read them.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace cloche {

enum class Intent {
  look,    ///< is it there, what is it
  read,    ///< of a file or folder
  write,   ///< of what may be there
  make,    ///< a new name in its folder
  remove,  ///< a name from its folder
  change,  ///< mode, times, attributes
  own,     ///< the owner of a file
  execute,
  enter,    ///< as the working folder
  connect,  ///< to a socket
  bind,     ///< a socket to an address
  become    ///< another user or group
};

enum class Transport { none, tcp, udp, local };

struct Act {
  std::string call;
  Intent intent = Intent::look;
  /// An absolute path inside; of a network address the host ("::1"); of an abstract socket "@NAME".
  std::string object;
  Transport transport = Transport::none;
  std::int64_t number = -1;  ///< the port, or the user or group that was wanted
  int error = 0;             ///< errno, 0 where it succeeded
  auto operator<=>(const Act&) const = default;
};

struct Evidence {
  std::uint64_t count = 0;
  std::string process;     ///< the name of the first that did it
  std::uint64_t last = 0;  ///< when it was last seen: grows over the run
};

class Log {
 public:
  /// `process` is asked for the name only when the act is new.
  void add(const Act& act, const std::function<std::string()>& process);
  void count_call(std::uint32_t number, const std::function<std::string()>& process);

  const std::map<Act, Evidence>& acts() const { return acts_; }
  const std::map<std::uint32_t, Evidence>& calls() const { return calls_; }
  /// How many acts were too many to keep.
  std::uint64_t lost() const { return lost_; }

 private:
  std::map<Act, Evidence> acts_;
  std::map<std::uint32_t, Evidence> calls_;  // by number; only those that are counted
  std::uint64_t clock_ = 0, lost_ = 0;
};

}  // namespace cloche
