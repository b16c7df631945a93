#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/doctor_verdict.h"
#include "cli/doctor_words.h"

namespace cloche::cli {
namespace {

using Json = nlohmann::json;
using Kind = Finding::Kind;

Finding finding(Kind kind, const std::string& remedy = {}) {
  return {.kind = kind,
          .id = "thing",
          .what = "a thing",
          .state = "so",
          .detail =
              "because of a rather long reason that does not fit on what is left of a line of eighty columns",
          .means = "less",
          .remedy = remedy,
          .needs_administrator = !remedy.empty()};
}

TEST(AVerdict, IsTheReportOfARealRun) {
  const Verdict good = verdict_from(
      R"({"reason":"exited","exit_status":0,"degraded":[{"feature":"landlock","wanted":"w","reason":"r","remedy":"m"}]})",
      "");
  EXPECT_TRUE(good.works);
  ASSERT_EQ(good.lost.size(), 1u);
  EXPECT_EQ(good.lost[0].feature, "landlock");
  const Verdict bad = verdict_from(
      R"({"reason":"setup-error","exit_status":125,"degraded":[],"error":{"message":"no","remedy":"do"}})",
      "");
  EXPECT_FALSE(bad.works);
  EXPECT_EQ(bad.error, "no");
  EXPECT_EQ(bad.remedy, "do");
}

TEST(AVerdict, OfARunThatWroteNoReportIsWhatItSaid) {
  const Verdict verdict = verdict_from("", "cloche: it broke\n");
  EXPECT_FALSE(verdict.works);
  EXPECT_EQ(verdict.error, "cloche: it broke");
  EXPECT_FALSE(verdict_from("[1]", "").works);
  EXPECT_FALSE(verdict_from(R"({"reason":"exited","exit_status":3,"degraded":[]})", "").works);
}

TEST(AnExamination, NeverBlocksWhereTheRunWorked) {
  Examination examination{{.works = true}, {{"Part", {finding(Kind::blocking)}}}};
  reconcile(examination);
  EXPECT_EQ(examination.sections[1].findings[0].kind, Kind::limited);
  EXPECT_EQ(examination.sections[0].findings[0].kind, Kind::ok);
}

TEST(AnExamination, HasABlockingFindingWhereverTheRunFailed) {
  Examination examination{{.works = false, .error = "no"}, {{"Part", {finding(Kind::ok)}}}};
  reconcile(examination);
  EXPECT_EQ(examination.sections[0].findings[0].kind, Kind::blocking);
  EXPECT_NE(examination.sections[0].findings[0].means.find("report"), std::string::npos);
}

TEST(ATableOfFindings, KeepsToEightyColumnsButForRemedies) {
  const std::string remedy(120, 'x');
  Examination examination{{.works = true}, {{"Part", {finding(Kind::ok), finding(Kind::missing, remedy)}}}};
  reconcile(examination);
  for (const std::string& line : split(examination_text(examination, false), '\n')) {
    EXPECT_TRUE(line.size() <= 80 || line.find(remedy) != std::string::npos) << line;
    EXPECT_EQ(line.find('\x1b'), std::string::npos);
  }
}

TEST(ATableOfFindings, SaysTheSameRemedyOnce) {
  Examination examination{{.works = true},
                          {{"Part", {finding(Kind::missing, "do it"), finding(Kind::missing, "do it")}}}};
  const std::string text = examination_text(examination, false);
  EXPECT_EQ(text.find("do it"), text.rfind("do it")) << text;
  EXPECT_NE(text.find("the same as for a thing"), std::string::npos) << text;
}

TEST(ATableOfFindings, NamesWhatWasNotTriedInOneLine) {
  Examination examination{{.works = false, .error = "no"},
                          {{"Part", {not_tried("a", "one", "x"), not_tried("b", "two", "x")}}}};
  EXPECT_NE(examination_text(examination, false).find("not tried: one, two"), std::string::npos);
}

TEST(AnExaminationAsJson, HasTheDocumentedKeys) {
  Examination examination{{.works = true}, {{"Part", {finding(Kind::missing, "do it")}}}};
  reconcile(examination);
  const Json json = Json::parse(examination_json(examination));
  EXPECT_EQ(json.at("version"), 1);
  EXPECT_EQ(json.at("works"), true);
  EXPECT_TRUE(json.at("error").is_null());
  EXPECT_TRUE(json.at("degraded").empty());
  const Json& one = json.at("findings").at(1);
  EXPECT_EQ(one.at("id"), "thing");
  EXPECT_EQ(one.at("kind"), "missing");
  EXPECT_EQ(one.at("tried"), true);
  EXPECT_EQ(one.at("needs_administrator"), true);
}

}  // namespace
}  // namespace cloche::cli
