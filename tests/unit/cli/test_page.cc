#include "cli/page.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "cli/chart.h"

namespace cloche::cli {
namespace {

std::string words(double value) {
  return std::to_string(static_cast<int>(value));
}

Chart chart(std::vector<double> values, std::optional<double> limit = {}) {
  Chart made{.title = "Figure", .words = words, .lines = {{"line", {}}}, .limit = limit, .end = 10};
  double x = 0;
  for (const double y : values) made.lines[0].points.push_back({x++, y});
  return made;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(AChart, EndsAtARoundValueAboveAllThatIsDrawn) {
  EXPECT_EQ(chart_top(chart({1, 6.8, 3})), 7.5);
  EXPECT_EQ(chart_top(chart({41})), 50);
  EXPECT_EQ(chart_top(chart({41}, 60)), 75);
  Chart bytes = chart({61e6});
  bytes.powers_of_two = true;
  EXPECT_EQ(chart_top(bytes), 64 << 20);
}

TEST(AChart, OfNothingButZeroesIsNoDivisionByZero) {
  EXPECT_EQ(chart_top(chart({0, 0})), 1);
  EXPECT_FALSE(has(chart_html(chart({0, 0})), "nan"));
}

TEST(AChart, DrawsItsLimitWhereItBelongs) {
  const std::string near = chart_html(chart({50}, 75));
  EXPECT_TRUE(has(near, "class=\"limit\" d=\"M0 75.0L1000 75.0\"")) << near;  // 75 of 100, of 300 high
  EXPECT_TRUE(has(near, ">limit 75<")) << near;
}

TEST(AChart, DoesNotBecomeAFlatLineForALimitFarAbove) {
  const Chart far = chart({3}, 4096);
  EXPECT_EQ(chart_top(far), 4);
  EXPECT_TRUE(has(chart_html(far), "limit 4096, far above this chart"));
}

TEST(AChart, WithoutAPointSaysSo) {
  EXPECT_TRUE(has(chart_html(chart({})), "no such figures"));
  EXPECT_FALSE(has(chart_html(chart({})), "<svg"));
}

/// A run that used and lost something, and was told so by people who mean harm.
std::pair<Plan, Outcome> hostile_run() {
  Plan plan;
  plan.name = "make-1";
  plan.command = {"sh", "-c", "</pre><script>alert(1)</script>&\x1b[31m\xff"};
  plan.cgroup.limits.memory = 64 << 20;
  plan.cgroup.limits.tasks = 4096;
  plan.cgroup.limits.cpus = 1500;
  Outcome outcome;
  outcome.reason = Reason::out_of_memory;
  outcome.exit_status = 137;
  outcome.tasks_limited = true;
  outcome.figures.memory_peak = 64 << 20;
  outcome.figures.oom_kills = 1;
  for (std::uint64_t i = 0; i < 5; ++i)
    outcome.samples.push_back({static_cast<double>(i),
                               {.memory = i << 23,
                                .tasks = 3 + i,
                                .cpu_usec = i * 500'000,
                                .throttled_usec = i * 1000,
                                .io_read_bytes = i << 20,
                                .io_write_bytes = i << 10,
                                .cpu_pressure_usec = i * 100'000,
                                .memory_pressure_usec = 0,
                                .io_pressure_usec = 0}});
  outcome.denials = {{{.syscall = "mount",
                       .arguments = {{{.name = "source", .words = "<img onerror=y>", .text = true}}},
                       .error = EPERM,
                       .process = "<script>"}}};
  outcome.degraded = {{"id-range", "a range of <ids>", "there is none", "ask \"root\""}};
  return {plan, outcome};
}

TEST(APage, TellsWhatTheRunWasAndWhyItEnded) {
  const auto [plan, outcome] = hostile_run();
  const std::string page = page_html(plan, outcome);
  for (const char* part : {"make-1", "out of memory at its limit of 64.0 MiB", ">137<", "limit 64.0 MiB",
                           "limit 1.5", "--memory", "mount(&quot;&lt;img", "by &lt;script&gt;",
                           "a range of &lt;ids&gt;", "ask &quot;root&quot;"})
    EXPECT_TRUE(has(page, part)) << part;
  std::size_t charts = 0;
  for (std::size_t at = page.find("<svg"); at != std::string::npos; at = page.find("<svg", at + 1)) ++charts;
  EXPECT_EQ(charts, 5u);
}

TEST(APage, IsNotWrittenByThePayload) {
  const auto [plan, outcome] = hostile_run();
  const std::string page = page_html(plan, outcome);
  EXPECT_FALSE(has(page, "<script"));
  EXPECT_FALSE(has(page, "<img"));
  EXPECT_FALSE(has(page, "\x1b"));
  EXPECT_FALSE(has(page, "\xff"));
}

TEST(APage, FetchesNothing) {
  const auto [plan, outcome] = hostile_run();
  const std::string page = page_html(plan, outcome);
  for (const char* part : {"http:", "https:", "src=", "href=", "url(", "@import"})
    EXPECT_FALSE(has(page, part)) << part;
  EXPECT_TRUE(has(page, "default-src &#39;none&#39;"));
}

TEST(APage, TellsARunThatWasRefusedNothingFromOneThatNobodyListenedTo) {
  auto [plan, outcome] = hostile_run();
  outcome.denials.emplace();
  EXPECT_FALSE(has(page_html(plan, outcome), "Nobody listened"));
  outcome.denials.reset();
  EXPECT_TRUE(has(page_html(plan, outcome), "Nobody listened"));
}

TEST(APage, OfARunWithoutACgroupSaysWhyItHasNoCharts) {
  auto [plan, outcome] = hostile_run();
  outcome.samples.clear();
  const std::string page = page_html(plan, outcome);
  EXPECT_TRUE(has(page, "There are no charts"));
  EXPECT_FALSE(has(page, "<svg"));
}

}  // namespace
}  // namespace cloche::cli
