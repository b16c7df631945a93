#include "trace/calls.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace cloche {
namespace {

TEST(AnObservedPolicy, StopsOnlyWhereTheCallIsAllowed) {
  const FilterPolicy policy = default_policy({});
  for (const Watch watch : {Watch::names, Watch::calls}) {
    const FilterPolicy watched = observed(policy, watch);
    std::size_t stops = 0;
    for (const auto& [name, call] : policy.calls)
      for (const std::uint64_t first : {0ul, 1ul, 16ul, 0x10000000ul, ~0ul})
        for (const std::uint64_t second : {0ul, 0x5412ul, 040000ul}) {
          const CallArguments arguments = {first, second, second, 0, first, 0};
          const Action before = decide(policy, name, arguments);
          const Action after = decide(watched, name, arguments);
          if (after == before) continue;
          EXPECT_EQ(before.kind, Action::Kind::allow) << name;
          EXPECT_EQ(after.kind, Action::Kind::trace) << name;
          ++stops;
        }
    EXPECT_GT(stops, 100u);
    EXPECT_EQ(watched.unknown, policy.unknown);
  }
}

TEST(AnObservedPolicy, StopsAtEveryCallThatNamesSomething) {
  const FilterPolicy watched = observed(default_policy({}), Watch::names);
  for (const char* name : {"openat", "execve", "connect", "renameat2", "fchownat", "statx"})
    EXPECT_EQ(decide(watched, name, {}).kind, Action::Kind::trace) << name;
  for (const char* name : {"read", "mmap", "futex"})
    EXPECT_EQ(decide(watched, name, {}).kind, Action::Kind::allow);
  EXPECT_EQ(decide(watched, "sendto", {3, 0, 0, 0, 0, 0}).kind, Action::Kind::allow);
  EXPECT_EQ(decide(watched, "sendto", {3, 0, 0, 0, 1, 16}).kind, Action::Kind::trace);
}

TEST(AnObservedCall, IsOneThatThereIs) {
  // The table is searched by halves, so every row must be found by its own name.
  for (const auto& [name, call] : default_policy({}).calls)
    if (const ObservedCall* row = observed_call(name)) {
      EXPECT_EQ(row->name, name);
    }
  for (const char* name : {"access", "bind", "utimes", "openat2", "symlinkat"})
    EXPECT_NE(observed_call(name), nullptr);
  EXPECT_TRUE(always_used("read") && always_used("arch_prctl") && always_used("writev"));
  EXPECT_FALSE(always_used("openat"));
}

TEST(TheFlagsOfOpen, SayWhatItIsFor) {
  EXPECT_EQ(intent_of_open(O_RDONLY | O_CLOEXEC), Intent::read);
  EXPECT_EQ(intent_of_open(O_RDWR), Intent::write);
  EXPECT_EQ(intent_of_open(O_RDONLY | O_TRUNC), Intent::write);
  EXPECT_EQ(intent_of_open(O_WRONLY | O_CREAT), Intent::make);
  EXPECT_EQ(intent_of_open(O_TMPFILE | O_RDWR), Intent::make);
  EXPECT_EQ(intent_of_open(O_RDONLY | O_DIRECTORY), Intent::read);
  EXPECT_EQ(intent_of_open(O_PATH), Intent::look);
}

}  // namespace
}  // namespace cloche
