// A run's use over time: bounded in number whatever the run's length, and in what taking it costs.
//
//   SampleLog log(400);
//   log.add({.seconds = 0.05, .usage = cgroup.usage()});   // every log.period() seconds
//
// When the log is full, every other sample goes and the period doubles. It doubles too where taking one
// costs more than half a percent of it, so that a slow machine is watched less often, not slowed down more.
#pragma once

#include <cstddef>
#include <vector>

#include "cgroup/figures.h"

namespace cloche {

struct Sample {
  double seconds = 0;  ///< since the payload's start
  Usage usage;
  bool operator==(const Sample&) const = default;
};

class SampleLog {
 public:
  static constexpr double kFirstPeriod = 0.02;  // s
  static constexpr double kShare = 0.005;       // of one core

  /// At most `most` samples are kept; at least 4.
  explicit SampleLog(std::size_t most) : most_(most) {}

  /// `cost`: the cpu seconds that taking it took.
  void add(const Sample& sample, double cost);
  /// The run's last one, whenever it comes; it is kept whatever the log holds.
  void end(const Sample& sample);
  double period() const { return period_; }
  const std::vector<Sample>& samples() const { return samples_; }

 private:
  std::size_t most_;
  double period_ = kFirstPeriod, last_cost_ = 0;
  std::vector<Sample> samples_;
};

}  // namespace cloche
