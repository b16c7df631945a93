#include <nlohmann/json.hpp>

#include "cli/lab_tell.h"

namespace cloche::cli {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json tree_json(const lab::Tree& tree) {
  if (tree.empty()) return nullptr;
  Json nodes = Json::array();
  for (const lab::TreeNode& node : tree)
    nodes.push_back({{"path", node.path}, {"owner", node.owner}, {"mine", node.mine}, {"here", node.here}});
  return nodes;
}

Json lines_json(const lab::Lines& lines) {
  Json all = Json::array();
  for (const lab::Line& line : lines) all.push_back({{"what", line.what}, {"came", line.came}});
  return all;
}

Json series_json(const std::optional<lab::Series>& series) {
  if (!series) return nullptr;
  return {{"title", series->title},
          {"unit", series->unit},
          {"limit", series->limit.value_or(0) > 0 ? Json(*series->limit) : Json(nullptr)},
          {"seconds", series->seconds},
          {"values", series->values}};
}

Json trial_json(const Trial& trial) {
  const lab::Experiment& experiment = *trial.experiment;
  const lab::Result& result = trial.result;
  return {{"chapter", experiment.chapter},
          {"name", experiment.name},
          {"question", experiment.question},
          {"call", experiment.call},
          {"state", state_word(result.state)},
          {"missing", text_or_null(result.missing)},
          {"predicted", lines_json(result.predicted)},
          {"answered", lines_json(result.answered)},
          {"figures", lines_json(result.figures)},
          {"chart", series_json(result.series)},
          {"tree", {{"before", tree_json(result.before)}, {"after", tree_json(result.after)}}},
          {"rule", experiment.rule},
          {"since", experiment.since},
          {"document", experiment.document},
          {"means", experiment.means}};
}

}  // namespace

std::string lab_json(const lab::Situation& s, const std::vector<Trial>& trials) {
  Json experiments = Json::array();
  for (const Trial& trial : trials) experiments.push_back(trial_json(trial));
  const Json all = {{"version", 1},
                    {"kernel", s.kernel},
                    {"user", s.user},
                    {"uid", s.uid},
                    {"cgroup",
                     {{"tree", text_or_null(s.tree)},
                      {"own", text_or_null(s.own_cgroup)},
                      {"manager", text_or_null(s.manager)},
                      {"inside_manager", s.inside_manager()},
                      {"delegated", s.delegated},
                      {"nsdelegate", s.nsdelegate},
                      {"hybrid", s.hybrid}}},
                    {"findings", findings(trials)},
                    {"experiments", experiments}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cloche::cli
