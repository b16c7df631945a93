// Whole plans, from the words of a command line to the JSON of --dry-run, held to files that are read when
// they change. After a change that is meant:
//
//   CLOCHE_RENEW_PLANS=1 meson test -C build --suite unit cli && git diff tests/unit/cli/plans
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

#include "cli/run_options.h"
#include "plan/annas_machine.h"
#include "plan/json.h"
#include "plan/resolve.h"

namespace cloche::cli {
namespace {

struct Case {
  const char* name;
  Words words;
  std::function<void(HostFacts&)> change = [](HostFacts&) {};
};

void has_systemd(HostFacts& facts) {
  facts.runtime_directory = "/run/user/1000";
  facts.cgroup = "/user.slice/user-1000.slice/session-3.scope";
  facts.bus_reachable = true;
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"defaults", {"--", "make", "-j8"}, has_systemd},
      {"bare-host",
       {"--", "make"},
       [](HostFacts& facts) {
         facts.subuids.clear();
         facts.subgids.clear();
         facts.newuidmap = facts.newgidmap = {"", "newuidmap is not installed",
                                              "have an administrator run: apt-get install uidmap"};
         facts.landlock_abi = 0;
       }},
      {"shell-at-home", {}, [](HostFacts& facts) { facts.working_directory = facts.home; }},
      {"view",
       {"--ro", "/srv/data:/data", "--rw", "/srv/data:/scratch", "--tmpfs", "/mnt/fast:64M", "--hide",
        "/etc/hosts", "--workdir", "/data", "--", "ls"}},
      {"root-tree", {"--rootfs", "/srv/tree", "--", "sh"}},
      {"as-root", {"--as", "root", "--hostname", "builder", "--", "id"}},
      {"as-another", {"--as", "33:33", "--map", "range", "--", "id"}},
      {"single-id", {"--map", "single", "--", "id"}},
      {"environment",
       {"--env", "CI=1", "--env", "AWS_SECRET_ACCESS_KEY", "--pass-env", "LC_*", "--fd", "3", "--", "env"}},
      {"network", {"--net", "host", "--", "git", "fetch"}},
      {"limits",
       {"--memory",  "2G",  "--memory-high", "1500M",
        "--cpus",    "1.5", "--cpu-weight",  "50",
        "--tasks",   "256", "--io-max",      "8:0:rbps=10M,wiops=100",
        "--cpuset",  "0-1", "--cpu-time",    "5m",
        "--timeout", "10m", "--rlimit",      "nofile=1024:4096",
        "--",        "make"},
       has_systemd},
      {"policy",
       {"--cap", "net_bind_service", "--allow", "ptrace", "--allow", "io-uring", "--landlock", "require",
        "--", "gdb"}},
      {"unprotected", {"--seccomp", "none", "--landlock", "off", "--", "sh"}},
      {"running", {"--name", "build", "--tty", "--", "sh"}},
  };
  return all;
}

std::string plan_of(const Case& one) {
  HostFacts facts = annas_machine();
  one.change(facts);
  return to_json(resolve(read_run_request(parse(run_options(), one.words)).spec, facts));
}

class ThePlan : public testing::TestWithParam<Case> {};

TEST_P(ThePlan, IsTheOneThatWasRead) {
  const std::string path = std::string(PLANS) + "/" + GetParam().name + ".json";
  const std::string made = plan_of(GetParam());
  if (std::getenv("CLOCHE_RENEW_PLANS") != nullptr) std::ofstream(path) << made;
  std::stringstream kept;
  kept << std::ifstream(path).rdbuf();
  EXPECT_EQ(made, kept.str()) << "if this is meant, renew " << path << " as test_plans.cc says";
}

INSTANTIATE_TEST_SUITE_P(Of, ThePlan, testing::ValuesIn(cases()), [](const auto& tested) {
  std::string name = tested.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace cloche::cli
