#include "sandbox/samples.h"

#include <gtest/gtest.h>

namespace cloche {
namespace {

Sample at(double seconds) {
  return {.seconds = seconds, .usage = {.memory = static_cast<std::uint64_t>(seconds * 1000)}};
}

TEST(ASampleLog, KeepsAllOfAShortRun) {
  SampleLog log(8);
  for (int i = 0; i < 5; ++i) log.add(at(i), 0);
  log.end(at(5));
  ASSERT_EQ(log.samples().size(), 6u);
  EXPECT_EQ(log.samples()[5], at(5));
  EXPECT_EQ(log.period(), SampleLog::kFirstPeriod);
}

TEST(ASampleLog, OfALongRunIsBoundedAndHasItsBeginningAndItsEnd) {
  SampleLog log(8);
  double now = 0;
  while (now < 1000) {
    log.add(at(now), 0);
    ASSERT_LE(log.samples().size(), 8u);
    now += log.period();
  }
  log.end(at(1000));
  EXPECT_LE(log.samples().size(), 8u);
  EXPECT_GE(log.samples().size(), 4u);
  EXPECT_EQ(log.samples().front(), at(0));
  EXPECT_EQ(log.samples().back(), at(1000));
}

TEST(ASampleLog, EndsWithoutASpikeWhereTheEndComesRightAfterASample) {
  SampleLog log(8);
  log.add(at(0), 0);
  log.add(at(1), 0);
  log.end(at(1.001));
  EXPECT_EQ(log.samples(), (std::vector{at(0), at(1.001)}));
}

TEST(ASampleLog, HalvesItsResolutionEvenly) {
  SampleLog log(8);
  for (int i = 0; i < 8; ++i) log.add(at(i), 0);
  EXPECT_EQ(log.samples(), (std::vector{at(0), at(2), at(4), at(6)}));
  EXPECT_EQ(log.period(), 2 * SampleLog::kFirstPeriod);
}

TEST(ASampleLog, TakesLessThanOnePercentOfACoreWhateverASampleCosts) {
  for (const double cost : {0.00001, 0.0001, 0.001, 0.05}) {
    SampleLog log(100);
    double now = 0, spent = 0;
    while (now < 60) {
      log.add(at(now), cost);
      spent += cost;
      now += log.period();
    }
    EXPECT_LT(spent, 0.01 * now + 2 * cost) << cost;
  }
}

TEST(ASampleLog, IsNotSlowedDownByOneDearSample) {
  SampleLog log(8);
  log.add(at(0), 0.1);
  log.add(at(1), 0.00001);
  EXPECT_EQ(log.period(), SampleLog::kFirstPeriod);
}

}  // namespace
}  // namespace cloche
