#include <gtest/gtest.h>
#include <linux/audit.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "policy/filter.h"
#include "policy/syscalls.h"
#include "policy/weakenings.h"

namespace cloche {
namespace {

std::map<std::string, Verdict> classified() {
  std::map<std::string, Verdict> all;
  for (const SyscallGroup& group : syscall_groups()) {
    std::istringstream words{std::string(group.calls)};
    for (std::string name; words >> name;)
      EXPECT_TRUE(all.emplace(name, group.verdict).second) << name << " is in two groups";
  }
  return all;
}

TEST(TheGroups, HoldEveryCallThatLibseccompKnows) {
  const auto all = classified();
  for (const Machine machine : {Machine::x86_64, Machine::aarch64}) {
    int known = 0;
    for (std::uint32_t number = 0; number < 1024; ++number) {
      const std::string name = call_name(number, machine);
      if (name.empty()) continue;
      ++known;
      EXPECT_TRUE(all.contains(name)) << name << " is in no group";
    }
    EXPECT_GT(known, 290);
  }
}

TEST(TheGroups, HaveAPolicyForEveryConditionalCall) {
  const FilterPolicy policy = default_policy({});
  for (const auto& [name, verdict] : classified())
    EXPECT_EQ(policy.calls.at(name).rules.empty(), verdict != Verdict::condition) << name;
}

// What the published list of the containers project always allows and cloche does not: each on purpose.
TEST(TheDefaultPolicy, RefusesOfTheContainersListOnlyWhatItMeansTo) {
  const std::set<std::string> tightened = {"chroot",
                                           "clone",
                                           "clone3",
                                           "fanotify_mark",
                                           "fsconfig",
                                           "fsmount",
                                           "fsopen",
                                           "fspick",
                                           "ioctl",
                                           "io_uring_enter",
                                           "io_uring_register",
                                           "io_uring_setup",
                                           "keyctl",
                                           "add_key",
                                           "request_key",
                                           "mknod",
                                           "mknodat",
                                           "mount",
                                           "mount_setattr",
                                           "move_mount",
                                           "open_tree",
                                           "pivot_root",
                                           "umount",
                                           "umount2",
                                           "name_to_handle_at",
                                           "pidfd_getfd",
                                           "process_vm_readv",
                                           "process_vm_writev",
                                           "ptrace",
                                           "reboot",
                                           "setns",
                                           "sethostname",
                                           "setdomainname",
                                           "socketpair",
                                           "syslog",
                                           "sysfs",
                                           "unshare",
                                           "adjtimex",
                                           "clock_adjtime",
                                           "userfaultfd"};
  std::ifstream file("/usr/share/containers/seccomp.json");
  ASSERT_TRUE(file) << "Debian's package golang-github-containers-common is missing";
  const auto published = nlohmann::json::parse(file);
  const auto all = classified();
  std::set<std::string> seen;
  for (const auto& rule : published.at("syscalls")) {
    if (rule.at("action") != "SCMP_ACT_ALLOW" || !rule.at("includes").empty()) continue;
    if (rule.at("args").is_array() && !rule.at("args").empty()) continue;
    for (const std::string name : rule.at("names")) {
      if (!call_number(name, Machine::x86_64) && !call_number(name, Machine::aarch64)) continue;
      ASSERT_TRUE(all.contains(name)) << name;
      if (all.at(name) == Verdict::allow) continue;
      EXPECT_TRUE(tightened.contains(name)) << name << " is allowed there and refused here";
      seen.insert(name);
    }
  }
  EXPECT_GT(seen.size(), 20u);
}

TEST(AWeakening, OpensOnlyGroupsThatExist) {
  std::set<std::string> names;
  for (const SyscallGroup& group : syscall_groups()) names.insert(group.name);
  for (const Weakening& weakening : weakenings()) {
    std::istringstream words{std::string(weakening.groups)};
    for (std::string name; words >> name;) EXPECT_TRUE(names.contains(name)) << name;
    EXPECT_STRNE(weakening.allows, "");
    EXPECT_STRNE(weakening.costs, "");
  }
}

}  // namespace
}  // namespace cloche
