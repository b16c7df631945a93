// What a payload's cgroup uses while it runs: held to --cpu-time, which no controller knows, and sampled
// where somebody asks how it went.
//
//   Meter meter(loop, payload, {.cpu_time = 10s, .spent = [] { … }, .samples = true});
//   …
//   outcome.figures = meter.finish();      // the payload has ended, its cgroup is there still
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "base/units.h"
#include "cgroup/directory.h"
#include "sandbox/event_loop.h"
#include "sandbox/samples.h"

namespace cloche {

class Meter {
 public:
  struct Wanted {
    std::optional<Duration> cpu_time;  ///< of the whole tree, looked at every 0.05 s
    std::function<void()> spent;       ///< called once, when it is used up
    bool samples = false;
  };
  /// The payload starts now. `payload` must outlive this.
  Meter(EventLoop& loop, const CgroupDirectory& payload, Wanted wanted);

  /// What it has used in all. Nothing is looked at after the first call, and further ones give the same.
  const Figures& finish();
  const std::vector<Sample>& samples() const { return log_.samples(); }

 private:
  void on_sample(ev::timer& timer, int);
  void on_cpu_time(ev::timer& timer, int);
  Sample look() const;

  const CgroupDirectory& payload_;
  Wanted wanted_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  ev::timer sampling_, spending_;
  SampleLog log_;
  std::optional<Figures> figures_;
};

}  // namespace cloche
