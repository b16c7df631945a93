// The host that plans are made for in tests: facts that stay the same, whatever machine the tests run on.
#pragma once

#include "host/facts.h"

namespace cloche {

/// Anna's machine: Debian, ids, no bus. Her project is the current folder.
inline HostFacts annas_machine() {
  HostFacts facts;
  facts.uid = facts.gid = 1000;
  facts.process = 4711;
  facts.user = "anna";
  facts.home = "/home/anna";
  facts.shell = "/bin/bash";
  facts.working_directory = "/home/anna/project";
  facts.environment = {{"PATH", "/usr/bin:/bin"}, {"LANG", "C.UTF-8"}, {"AWS_SECRET_ACCESS_KEY", "s3cret"}};
  facts.subuids = facts.subgids = {{100000, 65536}};
  facts.newuidmap = {"/usr/bin/newuidmap", ""};
  facts.newgidmap = {"/usr/bin/newgidmap", ""};
  facts.system = {{"/usr", ""}, {"/bin", "usr/bin"}, {"/etc", ""}};
  facts.landlock_abi = 6;
  facts.paths["/srv/data"] = {PathFact::Kind::folder, "/srv/data", {}};
  facts.paths["/run/user/1000"] = {PathFact::Kind::folder, "/run/user/1000", {}};
  facts.paths["/proc/1"] = {PathFact::Kind::folder, "/proc/1", {}};
  facts.paths["/"] = {PathFact::Kind::folder, "/", {}};
  facts.paths["/srv/tree"] = {
      PathFact::Kind::folder, "/srv/tree", {{"/bin", "usr/bin"}, {"/dev", ""}, {"/home", ""}, {"/usr", ""}}};
  return facts;
}

}  // namespace cloche
