// Anna's machine as resolve() and the judge see it: her project is the current folder, her home holds keys.
#pragma once

#include <map>
#include <set>
#include <string>

#include "plan/resolve.h"
#include "trace/outside.h"

namespace cloche {

inline HostFacts annas_machine() {
  HostFacts facts;
  facts.uid = facts.gid = 1000;
  facts.user = "anna";
  facts.home = "/home/anna";
  facts.working_directory = "/home/anna/project";
  facts.environment = {{"PATH", "/usr/bin:/bin"}};
  facts.subuids = facts.subgids = {{100000, 65536}};
  facts.newuidmap = {"/usr/bin/newuidmap", ""};
  facts.newgidmap = {"/usr/bin/newgidmap", ""};
  facts.system = {{"/usr", ""}, {"/bin", "usr/bin"}, {"/etc", ""}};
  facts.landlock_abi = 6;
  return facts;
}

inline Plan annas_plan(Spec spec = {}, const HostFacts& facts = annas_machine()) {
  spec.command = {"make"};
  return resolve(spec, facts);
}

/// A host of made-up paths: what is not named is missing.
struct FakeHost {
  std::map<std::string, OutsidePath> paths;
  std::set<std::int64_t> ports;
  std::set<std::string> abstract;
  std::string tilde = "/home/anna";

  FakeHost& folder(const std::string& path, bool writable = true) {
    paths[path] = {OutsidePath::Kind::folder, path, true, writable, true, false};
    return *this;
  }
  FakeHost& file(const std::string& path, bool writable = true, const std::string& real = {}) {
    paths[path] = {OutsidePath::Kind::file, real.empty() ? path : real, true, writable, true, false};
    return *this;
  }
  Outside outside() const {
    return {[this](const std::string& path) {
              const auto found = paths.find(path);
              return found == paths.end() ? OutsidePath{} : found->second;
            },
            [this](Transport, std::int64_t port) { return ports.contains(port); },
            [this](const std::string& name) { return abstract.contains(name); }, "/home/anna", tilde};
  }
};

}  // namespace cloche
