// What a cgroup has used, the whole tree's. A figure that the kernel does not give holds nothing: unknown is
// never 0.
#pragma once

#include <cstdint>
#include <optional>

namespace cloche {

struct Figures {
  using Number = std::optional<std::uint64_t>;
  Number memory_peak, oom_kills;                              // bytes, kills
  Number cpu_user_usec, cpu_system_usec, cpu_throttled_usec;  // microseconds
  Number tasks_peak, tasks_refused;                           // processes and threads, refused forks
  Number io_read_bytes, io_write_bytes;
  Number cpu_pressure_usec, memory_pressure_usec,
      io_pressure_usec;  // "some" totals of cgroup v2's *.pressure
};

/// What a cgroup holds at one moment, and the totals that tell its pace from one moment to the next.
struct Usage {
  using Number = std::optional<std::uint64_t>;
  Number memory, tasks;             // bytes; processes and threads
  Number cpu_usec, throttled_usec;  // totals, as the following are
  Number io_read_bytes, io_write_bytes;
  Number cpu_pressure_usec, memory_pressure_usec, io_pressure_usec;
  bool operator==(const Usage&) const = default;
};

}  // namespace cloche
