#include "host/probe.h"

namespace cloche {
namespace {

constexpr const char* kNotTried = "not tried";
constexpr std::string_view kByAdministrator = "have an administrator run: ";

}  // namespace

const char* kind_word(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::ok:
      return "ok";
    case Finding::Kind::limited:
      return "limited";
    case Finding::Kind::missing:
      return "missing";
    case Finding::Kind::blocking:
      return "blocking";
  }
  return "";
}

void obstruct(Finding& finding, Finding::Kind kind, const std::string& state, const Obstacle& obstacle) {
  finding.kind = kind;
  finding.state = state;
  finding.detail = obstacle.sentence;
  finding.remedy = obstacle.remedy;
  finding.needs_administrator = obstacle.remedy.find("administrator") != std::string::npos;
  if (finding.remedy.starts_with(kByAdministrator)) finding.remedy.erase(0, kByAdministrator.size());
}

Finding not_tried(const std::string& id, const std::string& what, const std::string& other) {
  return {
      .kind = Finding::Kind::missing, .id = id, .what = what, .state = kNotTried, .detail = "needs " + other};
}

bool was_tried(const Finding& finding) {
  return finding.state != kNotTried;
}

}  // namespace cloche
