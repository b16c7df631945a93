#include "cli/lab_tell.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/spark.h"

namespace cloche::cli {
namespace {

using lab::Experiment;
using lab::Lines;
using lab::Result;

const Experiment kMkdir = {2,
                           "mkdir-at-root",
                           "Can an ordinary user make a cgroup?",
                           "mkdir(\"/sys/fs/cgroup/x\")",
                           nullptr,
                           nullptr,
                           nullptr,
                           nullptr,
                           "The tree is a file system with owners and modes.",
                           "Linux 4.5",
                           "cgroups(7)",
                           "Root owns it."};
const Lines kPrediction = {{"mkdir", "Permission denied (EACCES)"}};

Trial as_predicted() {
  return {&kMkdir, {.predicted = kPrediction, .answered = kPrediction}};
}
Trial finding() {
  return {&kMkdir,
          {.state = Result::State::finding, .predicted = kPrediction, .answered = {{"mkdir", "works"}}}};
}
Trial not_here() {
  return {
      &kMkdir,
      {.state = Result::State::not_here, .missing = "no tree is mounted", .answered = {{"stat", "gone"}}}};
}

/// A tree in which the caller sits in what was delegated.
lab::Tree tree() {
  return {{"/", "root", false, false},
          {"/user.slice", "root", false, false},
          {"/user.slice/u.service", "me", true, false},
          {"/user.slice/u.service/mine", "me", true, true},
          {"/user.slice/zzz", "root", false, false}};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(TheText, OfAnExperimentIsItsQuestionItsCallAndThePrediction) {
  EXPECT_EQ(intro(kMkdir, kPrediction, {}), R"(
Can an ordinary user make a cgroup?  (mkdir-at-root)

     mkdir("/sys/fs/cgroup/x")

     the rules predict
       mkdir                                         Permission denied (EACCES)
)");
}

TEST(TheText, OfItsOutcomeIsTheAnswerTheRuleAndWhatItMeans) {
  EXPECT_EQ(outcome_text(as_predicted(), {}), R"(
     the kernel answers
       mkdir                                         Permission denied (EACCES)

     Rule: The tree is a file system with owners and modes. (Linux 4.5;
     cgroups(7))

     Root owns it.

     As predicted.
)");
}

TEST(TheText, DoesNotHideAFinding) {
  const std::string text = outcome_text(finding(), {});
  EXPECT_NE(text.find("works   <- not as predicted"), std::string::npos) << text;
  EXPECT_NE(text.find("A finding"), std::string::npos) << text;
}

TEST(TheText, OfAnAnswerThatNeverCameSaysSo) {
  const Trial trial = {
      &kMkdir, {.state = Result::State::finding, .missing = "it was killed", .predicted = kPrediction}};
  const std::string text = outcome_text(trial, {});
  EXPECT_NE(text.find("It came to no end: it was killed."), std::string::npos) << text;
  EXPECT_NE(text.find("no answer   <- not as predicted"), std::string::npos) << text;
}

TEST(TheText, SaysWhatIsMissingAndWhatTheKernelAnswersInstead) {
  const std::string text = outcome_text(not_here(), {});
  EXPECT_NE(text.find("Not here: no tree is mounted."), std::string::npos) << text;
  EXPECT_NE(text.find("what the kernel answers instead"), std::string::npos) << text;
  EXPECT_EQ(text.find("predicted"), std::string::npos) << text;
}

TEST(TheText, DrawsTheTreeWithItsBoundaryAndTheProcess) {
  Trial trial = as_predicted();
  trial.result.before = tree();
  const std::string text = outcome_text(trial, {});
  EXPECT_EQ(count(text, "<- delegated from here on"), 1u) << text;
  EXPECT_NE(text.find("me   <- the process"), std::string::npos) << text;
}

TEST(TheText, IsWrappedWithinEightyColumns) {
  for (const std::string& text :
       {wrapped(std::string(30, 'a') + " " + std::string(40, 'b') + " " + std::string(20, 'c'), 5)})
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
      EXPECT_LE(end - at, 80u) << text;
}

TEST(TheSummary, CountsEachState) {
  EXPECT_EQ(summary_words({as_predicted(), finding(), not_here(), as_predicted()}),
            "4 experiments: 2 as predicted, 1 not here, 1 finding");
  EXPECT_EQ(findings({as_predicted(), not_here()}), 0u);
}

TEST(APlaceInATree, KnowsItsDepthItsLastDescendantAndTheBoundary) {
  const auto places = tree_places(tree());
  EXPECT_EQ(places[0].last, 4u);
  EXPECT_EQ(places[2].depth, 2u);
  EXPECT_EQ(places[2].last, 3u);
  EXPECT_TRUE(places[2].boundary);
  EXPECT_FALSE(places[3].boundary);
  EXPECT_EQ(places[3].name, "mine");
}

TEST(TheDrawing, HasANodeForEachCgroupAndOneFrame) {
  const std::string svg = tree_svg(tree(), "Before");
  EXPECT_EQ(count(svg, "<circle"), 3u);
  EXPECT_EQ(count(svg, "class=\"mine\""), 2u);
  EXPECT_EQ(count(svg, "class=\"boundary\""), 1u);
  EXPECT_EQ(count(svg, "the process is here"), 1u);
}

TEST(TheJson, HasEveryTrialWithItsState) {
  lab::Situation situation;
  situation.kernel = "6.1";
  const auto json = nlohmann::json::parse(lab_json(situation, {as_predicted(), finding(), not_here()}));
  EXPECT_EQ(json["kernel"], "6.1");
  EXPECT_EQ(json["findings"], 1);
  ASSERT_EQ(json["experiments"].size(), 3u);
  EXPECT_EQ(json["experiments"][0]["state"], "as predicted");
  EXPECT_TRUE(json["experiments"][0]["missing"].is_null());
  EXPECT_EQ(json["experiments"][1]["answered"][0]["came"], "works");
  EXPECT_EQ(json["experiments"][2]["missing"], "no tree is mounted");
}

std::string page() {
  Trial trial = as_predicted();
  trial.result.before = trial.result.after = tree();
  trial.result.before[1].path = "/<u>&";
  trial.result.figures = {{"seen", "<script>alert(1)</script>"}};
  trial.result.series = lab::Series{"pids.current", "processes", 32, {1, 2, 32}, 0.5};
  lab::Situation situation;
  situation.user = "<i>\x1b[31m";
  return lab_page(situation, {trial, finding(), not_here()});
}

TEST(TheLabsPage, HasQuestionCallPredictionAnswerRuleAndMeaning) {
  const std::string html = page();
  for (const char* part :
       {"Can an ordinary user make a cgroup?", "mkdir(&quot;/sys", "Permission denied (EACCES)",
        "The tree is a file system", "Root owns it.", "A finding: not as the rules predict",
        "Not here: no tree is mounted", "What the kernel answers instead", "class=\"differs\""})
    EXPECT_NE(html.find(part), std::string::npos) << part;
  EXPECT_EQ(count(html, "<svg"), 3u);  // a chart and two trees
}

TEST(TheLabsPage, FetchesNothingAndIsNotWrittenByWhatItShows) {
  const std::string html = page();
  for (const char* part : {"http:", "https:", "src=", "url(", "@import", "<script", "<i>", "<u>", "\x1b"})
    EXPECT_EQ(html.find(part), std::string::npos) << part;
}

TEST(TheLabsPage, ClosesEveryElementThatItOpens) {
  const std::string html = page();
  std::vector<std::string> open;
  for (std::size_t at = html.find("<main>"); at != std::string::npos; at = html.find('<', at + 1)) {
    const std::size_t end = html.find('>', at);
    const std::string tag = html.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(0, tag.find_first_of(" >"));
    if (tag.ends_with('/')) continue;
    if (!name.starts_with('/')) {
      open.push_back(name);
      continue;
    }
    if (name == "/body" || name == "/html") continue;
    ASSERT_FALSE(open.empty()) << tag;
    EXPECT_EQ("/" + open.back(), name);
    open.pop_back();
  }
  EXPECT_TRUE(open.empty());
}

TEST(AChartOfBlocks, RisesWithItsValues) {
  EXPECT_EQ(block_chart({0, 4, 8}, 8, 1, 10), (std::vector<std::string>{" ▄█"}));
  EXPECT_EQ(block_chart({0, 8}, 8, 2, 10), (std::vector<std::string>{" █", " █"}));
  EXPECT_EQ(block_chart({1, 8, 1, 1}, 8, 1, 2), (std::vector<std::string>{"█▁"}));  // the highest of each two
}

}  // namespace
}  // namespace cloche::cli
