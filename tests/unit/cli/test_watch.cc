#include "cli/watch.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace cloche::cli {
namespace {

using std::chrono::seconds;

Live live(const std::string& name, int second, std::uint64_t cpu_usec, std::uint64_t memory = 0,
          std::uint64_t tasks = 1) {
  return {.name = name,
          .cpu_usec = cpu_usec,
          .memory = memory,
          .memory_limit = 64 << 20,
          .tasks = tasks,
          .at = std::chrono::steady_clock::time_point(seconds(second))};
}

std::vector<std::string> names(const WatchView& view) {
  std::vector<std::string> all;
  for (const WatchRow& row : view.rows) all.push_back(row.live.name);
  return all;
}

WatchView three() {
  WatchView view;
  take_figures(view, {live("a", 0, 0, 1, 9), live("b", 0, 0, 3, 1), live("c", 0, 0, 2, 5)});
  take_figures(view,
               {live("a", 1, 100'000, 1, 9), live("b", 1, 500'000, 3, 1), live("c", 1, 1'500'000, 2, 5)});
  return view;
}

TEST(AWatch, ReckonsTheCpusUseFromTwoLooks) {
  WatchView view;
  take_figures(view, {live("a", 0, 1'000'000)});
  EXPECT_TRUE(view.rows[0].cores.empty());
  take_figures(view, {live("a", 2, 4'000'000)});
  EXPECT_EQ(view.rows[0].cores, std::vector<double>{1.5});
}

TEST(AWatch, SortsByWhatIsAskedFor) {
  WatchView view = three();
  EXPECT_EQ(names(view), (std::vector<std::string>{"a", "b", "c"}));
  view.sort = WatchView::Sort::cpu;
  sort_rows(view);
  EXPECT_EQ(names(view), (std::vector<std::string>{"c", "b", "a"}));
  view.sort = WatchView::Sort::memory;
  sort_rows(view);
  EXPECT_EQ(names(view), (std::vector<std::string>{"b", "c", "a"}));
  view.sort = WatchView::Sort::tasks;
  sort_rows(view);
  EXPECT_EQ(names(view), (std::vector<std::string>{"a", "c", "b"}));
}

TEST(AWatch, KeepsTheSelectedNameWhileTheOrderChanges) {
  WatchView view = three();
  move_selection(view, 1);
  EXPECT_EQ(view.selected, "b");
  view.sort = WatchView::Sort::cpu;
  sort_rows(view);
  EXPECT_EQ(view.selected, "b");
  move_selection(view, 5);
  EXPECT_EQ(view.selected, "a");
  move_selection(view, -5);
  EXPECT_EQ(view.selected, "c");
}

TEST(AWatch, ForgetsWhoHasEnded) {
  WatchView view = three();
  view.selected = view.question = "b";
  take_figures(view, {live("c", 2, 0)});
  EXPECT_EQ(view.selected, "c");
  EXPECT_EQ(view.question, "");
  take_figures(view, {});
  EXPECT_EQ(view.selected, "");
  move_selection(view, 1);
  EXPECT_NE(join(watch_lines(view, 80, 24), "\n").find("Nothing runs"), std::string::npos);
}

TEST(AWatch, ShowsBarsForWhatIsLimited) {
  WatchView view;
  take_figures(view, {live("a", 0, 0, 32 << 20)});
  const std::string line = watch_lines(view, 200, 24)[1];
  EXPECT_NE(line.find("32.0 MiB / 64.0 MiB"), std::string::npos) << line;
  EXPECT_NE(line.find("█████░░░░░"), std::string::npos) << line;
}

TEST(AWatch, AsksBeforeItKills) {
  WatchView view = three();
  view.question = "b";
  EXPECT_NE(join(watch_lines(view, 80, 24), "\n").find("Kill everything in b? y/n"), std::string::npos);
}

TEST(AWatch, FitsTheTerminal) {
  WatchView view;
  std::vector<Live> many;
  for (int i = 0; i < 100; ++i) many.push_back(live("name-" + std::to_string(100 + i), 0, 0));
  take_figures(view, many);
  move_selection(view, 50);
  for (const std::size_t rows : {1u, 2u, 5u, 24u}) {
    const auto lines = watch_lines(view, 30, rows);
    EXPECT_LE(lines.size(), rows);
    for (const std::string& line : lines) {
      std::size_t columns = 0;
      for (const char c : line) columns += (c & 0xC0) != 0x80;
      EXPECT_LE(columns, 30u) << line;
    }
    if (rows > 4) {
      EXPECT_NE(join(lines, "\n").find("> name-150"), std::string::npos) << rows;
    }
  }
}

}  // namespace
}  // namespace cloche::cli
