#include "support/cloche.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "support/folder.h"

namespace cloche::testing {
namespace {

/// Test programs are built as BUILD/tests/FOLDER/NAME.
std::filesystem::path build_folder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path().parent_path();
}

}  // namespace

std::string cloche_binary() {
  if (const char* said = std::getenv("CLOCHE_BINARY")) return std::filesystem::absolute(said).string();
  return (build_folder() / "src" / "cloche").string();
}

std::string test_program(const std::string& name) {
  return (build_folder() / "tests" / name).string();
}

struct Json::Value {
  nlohmann::json json;
  const nlohmann::json* at(const std::string& pointer) const {
    const nlohmann::json::json_pointer place(pointer);
    return json.contains(place) ? &json.at(place) : nullptr;
  }
};

Json::Json() : Json("null") {}
Json::Json(const std::string& text)
    : value_(new Value{nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false)}) {}
Json::~Json() = default;
Json::Json(Json&&) noexcept = default;
Json& Json::operator=(Json&&) noexcept = default;

bool Json::valid() const {
  return !value_->json.is_discarded() && !value_->json.is_null();
}
bool Json::has(const std::string& pointer) const {
  return valid() && value_->at(pointer) != nullptr;
}
bool Json::is_null(const std::string& pointer) const {
  return has(pointer) && value_->at(pointer)->is_null();
}
std::string Json::text(const std::string& pointer) const {
  if (!has(pointer) || !value_->at(pointer)->is_string()) return {};
  return value_->at(pointer)->get<std::string>();
}
double Json::number(const std::string& pointer) const {
  if (!has(pointer) || !value_->at(pointer)->is_number()) return std::numeric_limits<double>::quiet_NaN();
  return value_->at(pointer)->get<double>();
}
std::vector<std::string> Json::texts(const std::string& pointer) const {
  std::vector<std::string> result;
  if (!has(pointer)) return result;
  for (const auto& element : *value_->at(pointer)) {
    if (element.is_string()) result.push_back(element.get<std::string>());
  }
  return result;
}
std::size_t Json::size(const std::string& pointer) const {
  return has(pointer) ? value_->at(pointer)->size() : 0;
}
std::string Json::dump() const {
  return valid() ? value_->json.dump(2) : "(no JSON)";
}

Command Cloche::command(const std::vector<std::string>& words) const {
  Command result{.words = {cloche_binary(), "run"},
                 .directory = directory,
                 .variables = variables,
                 .input = input,
                 .fds = fds,
                 .timeout = timeout};
  result.words.insert(result.words.end(), options.begin(), options.end());
  result.words.push_back("--");
  result.words.insert(result.words.end(), words.begin(), words.end());
  return result;
}

Ended Cloche::run(const std::vector<std::string>& words) const {
  return testing::run(command(words));
}

Ended Cloche::sh(const std::string& script) const {
  return run({"sh", "-c", script});
}

Reported Cloche::reported(const std::vector<std::string>& words) const {
  const TemporaryFolder folder;
  Cloche with_report = *this;
  with_report.options.insert(with_report.options.end(), {"--report", folder.at("report.json")});
  Reported result{.ended = with_report.run(words), .report = Json()};
  result.report = Json(text_of(folder.at("report.json")));
  return result;
}

Json Cloche::plan(const std::vector<std::string>& words) const {
  Cloche dry = *this;
  dry.options.push_back("--dry-run");
  return Json(dry.run(words).out);
}

}  // namespace cloche::testing
