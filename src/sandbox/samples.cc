#include "sandbox/samples.h"

#include <algorithm>

namespace cloche {

void SampleLog::add(const Sample& sample, double cost) {
  samples_.push_back(sample);
  if (samples_.size() >= most_) {
    // The first one stays, and with it the start of every line.
    std::size_t kept = 0;
    for (std::size_t i = 0; i < samples_.size(); i += 2) samples_[kept++] = samples_[i];
    samples_.resize(kept);
    period_ *= 2;
  }
  // Two in a row: a single one may have met a cold cache.
  while (std::min(cost, last_cost_) > period_ * kShare) period_ *= 2;
  last_cost_ = cost;
}

void SampleLog::end(const Sample& sample) {
  // A pace is reckoned over the time between two samples: too short a time makes a spike of nothing.
  const bool close = samples_.size() > 1 && sample.seconds - samples_.back().seconds < period_ / 2;
  if (close || samples_.size() >= most_) samples_.pop_back();
  samples_.push_back(sample);
}

}  // namespace cloche
