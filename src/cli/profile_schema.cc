#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/profile_view.h"
#include "plan/resolve.h"
#include "policy/weakenings.h"
#include "spec/profile_rule.h"

namespace cloche::cli {
namespace {

using Json = nlohmann::ordered_json;
using Shape = ProfileKey::Shape;

Json table_of(Json properties) {
  return {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

Json list_of(Json items) {
  return {{"type", "array"}, {"items", std::move(items)}};
}

Json text_of(const ProfileKey& key) {
  Json text = {{"type", "string"}};
  if (*key.words) text["enum"] = split(key.words, '|');
  if (path_of(key) == "policy.allow")
    for (const Weakening& known : weakenings()) text["enum"].push_back(known.token);
  if (path_of(key) == "policy.require") text["enum"] = degradable_features();
  return text;
}

Json rule_schema() {
  const Json number = {{"type", {"integer", "string"}}};
  Json condition = table_of({{"argument", {{"type", "integer"}, {"minimum", 0}, {"maximum", 5}}},
                             {"compare", {{"enum", kComparisons}}},
                             {"value", number},
                             {"mask", number}});
  condition["required"] = {"argument", "value"};
  Json rule = table_of({{"names", list_of({{"type", "string"}})},
                        {"action", {{"enum", kRuleActions}}},
                        {"errno", number},
                        {"when", list_of(std::move(condition))}});
  rule["required"] = {"names", "action"};
  return list_of(std::move(rule));
}

Json schema_of(const ProfileKey& key) {
  Json amount = {{"type", {"string", "number"}}};
  switch (key.shape) {
    case Shape::text:
      return text_of(key);
    case Shape::amount:
      return amount;
    case Shape::texts:
      return list_of(text_of(key));
    case Shape::ports:
      return list_of({{"type", "integer"}, {"minimum", 0}, {"maximum", 65535}});
    case Shape::named_texts:
      return {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}};
    case Shape::named_amounts:
      return {{"type", "object"}, {"additionalProperties", amount}};
    case Shape::rules:
      return rule_schema();
  }
  return {};
}

}  // namespace

std::string profile_schema() {
  Json top = Json::object();
  for (const ProfileKey& key : profile_keys()) {
    Json one = schema_of(key);
    one["description"] = *key.option ? std::string(key.about) + " (--" + key.option + ")" : key.about;
    if (*key.fallback) one["default"] = key.fallback;
    Json& into = *key.section ? top[key.section]["properties"] : top;
    into[key.name] = std::move(one);
  }
  for (const std::string& section : profile_sections())
    top[section] = table_of(std::move(top[section]["properties"]));
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"title", "A profile of cloche, see cloche-profile(5)"}};
  schema.update(table_of(std::move(top)));
  return schema.dump(2) + "\n";
}

}  // namespace cloche::cli
