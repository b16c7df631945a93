#include "plan/from_json.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "plan/json.h"

namespace cloche {
namespace {

/// Every field that a further payload is started by, none at its default.
Plan full_plan() {
  Plan plan;
  plan.name = "build";
  plan.command = {"make", "-j2"};
  plan.environment = {"A=b c", "PATH=/bin"};
  plan.net = NetMode::host;
  plan.identity = {.uid = 5, .gid = 6, .range = true, .hostname = "cloche"};
  plan.view.workdir = "/home/anna/project";
  plan.rlimits = {{"nofile", 99, 100}, {"core", 0, kUnlimited}};
  plan.policy.seccomp = "none";
  plan.policy.capabilities = {"chown", "kill"};
  plan.policy.allow = {"ptrace"};
  plan.policy.filter_flags = 2;
  plan.policy.apparmor = "profile";
  plan.policy.selinux_label = "label";
  plan.policy.landlock = {.abi = 6,
                          .trees = {{"/", false, true}, {"/tmp", true, false}},
                          .scope_abstract = true,
                          .scope_signals = true,
                          .restrict_tcp = true,
                          .tcp_bind = {80},
                          .tcp_connect = {443, 8080}};
  return plan;
}

TEST(APlan, ComesBackFromItsJson) {
  EXPECT_EQ(payload_plan_from_json(to_json(full_plan())), full_plan());
}

TEST(APlan, OfWhichAPartIsMissingIsRefused) {
  const std::string whole = to_json(full_plan());
  for (const char* key : {"\"capabilities\"", "\"trees\"", "\"uid\"", "\"rlimits\"", "\"scope_signals\""}) {
    std::string text = whole;
    const size_t at = text.find(key);
    ASSERT_NE(at, std::string::npos) << key;
    text[at + 1] = '-';
    EXPECT_THROW(payload_plan_from_json(text), Error) << key;
  }
  EXPECT_THROW(payload_plan_from_json(whole.substr(0, whole.size() / 2)), Error);
  EXPECT_THROW(payload_plan_from_json(""), Error);
}

}  // namespace
}  // namespace cloche
