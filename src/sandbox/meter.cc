#include "sandbox/meter.h"

#include <cstdint>
#include <ctime>
#include <utility>

namespace cloche {
namespace {

constexpr std::size_t kMostSamples = 400;
constexpr double kCpuTimeStep = 0.05;  // s

double own_cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

}  // namespace

Meter::Meter(EventLoop& loop, const CgroupDirectory& payload, Wanted wanted)
    : payload_(payload),
      wanted_(std::move(wanted)),
      sampling_(loop.get()),
      spending_(loop.get()),
      log_(kMostSamples) {
  if (wanted_.cpu_time) {
    spending_.set<Meter, &Meter::on_cpu_time>(this);
    spending_.start(kCpuTimeStep, kCpuTimeStep);
  }
  if (!wanted_.samples) return;
  sampling_.set<Meter, &Meter::on_sample>(this);
  // At once: a run that is over before the second look has a beginning and an end at least.
  on_sample(sampling_, 0);
}

const Figures& Meter::finish() {
  if (figures_) return *figures_;
  sampling_.stop();
  spending_.stop();
  figures_ = payload_.figures();
  if (wanted_.samples) log_.end(look());
  return *figures_;
}

void Meter::on_sample(ev::timer& timer, int) {
  const double before = own_cpu_seconds();
  const Sample sample = look();
  log_.add(sample, own_cpu_seconds() - before);
  timer.start(log_.period());
}

void Meter::on_cpu_time(ev::timer& timer, int) {
  const auto used = payload_.number("cpu.stat", "usage_usec");
  if (!used || *used < static_cast<std::uint64_t>(wanted_.cpu_time->count())) return;
  timer.stop();
  wanted_.spent();
}

Sample Meter::look() const {
  const std::chrono::duration<double> since = std::chrono::steady_clock::now() - begun_;
  return {since.count(), payload_.usage()};
}

}  // namespace cloche
