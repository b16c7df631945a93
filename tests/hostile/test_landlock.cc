// Landlock alone: the plan of a real run whose mounts are all made writable after its Landlock rules were
// derived from them, so that nothing else stands in the way; and once more without Landlock, where each act
// succeeds.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <ostream>

#include "base/text.h"
#include "host/look_up.h"
#include "host/read_facts.h"
#include "plan/resolve.h"
#include "sandbox/run.h"
#include "support/cloche.h"
#include "support/folder.h"
#include "support/host.h"

namespace cloche::testing {
namespace {

constexpr int kDescriptor = 9;
constexpr const char* kDevice = "/random-number-device";  // not in /dev, where ioctl(2) is granted

struct Right {
  const char* name;              ///< the kernel's, without LANDLOCK_ACCESS_
  std::vector<std::string> act;  ///< {folder}: shown read-only; {fd}: a folder of the host, by descriptor
  int abi = 1;
};
void PrintTo(const Right& right, std::ostream* stream) {
  *stream << right.name << " " << join(right.act, " ");
}

// Not here: making devices, which the filter refuses before Landlock is asked.
std::vector<Right> rights() {
  return {
      {"FS_WRITE_FILE", {"write_existing", "{folder}/file", "x"}},
      {"FS_REMOVE_FILE", {"remove_file", "{folder}/file"}},
      {"FS_REMOVE_DIR", {"remove_folder", "{folder}/empty"}},
      {"FS_MAKE_REG", {"create_file", "{folder}/new"}},
      {"FS_MAKE_DIR", {"make_folder", "{folder}/new"}},
      {"FS_MAKE_SYM", {"make_link", "file", "{folder}/new"}},
      {"FS_MAKE_FIFO", {"make_fifo", "{folder}/new"}},
      {"FS_MAKE_SOCK", {"make_unix_socket", "{folder}/new"}},
      {"FS_IOCTL_DEV", {"control_random_device", kDevice}, 5},
      {"FS_REFER", {"rename_file", "{folder}/file", "{folder}/empty/file"}, 2},
      {"FS_TRUNCATE", {"truncate_file", "{folder}/file"}, 3},
      {"FS_EXECUTE", {"execute", "{folder}/program"}},
      {"FS_READ_FILE", {"use_leaked_fd", "{fd}", "file"}},
      {"FS_READ_DIR", {"list_leaked_fd", "{fd}"}},
      {"NET_CONNECT_TCP", {"connect_tcp", "127.0.0.1", "{port}"}, 4},
      {"NET_BIND_TCP", {"bind_tcp", "127.0.0.1", "0"}, 4},
      {"SCOPE_ABSTRACT_UNIX_SOCKET", {"connect_abstract", "{abstract}"}, 6},
      {"SCOPE_SIGNAL", {"may_signal", "1"}, 6},
  };
}

// Not below a folder that may be written: a grant holds for all that lies below, across mounts.
constexpr const char* kShown = "/shown";

/// A folder that the sandbox shows read-only, another that it does not show but has open, and listeners.
class World {
 public:
  World() {
    for (const TemporaryFolder* folder : {&shown_, &open_}) {
      make_folder(folder->at("empty"));
      write_file(folder->at("file"), "text");
      write_file(folder->at("program"), "#!/bin/true\n", 0755);
    }
    ::dup2(open_at(AT_FDCWD, open_.path(), O_RDONLY | O_DIRECTORY).get(), kDescriptor);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    tcp_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ::bind(tcp_.get(), reinterpret_cast<sockaddr*>(&address), size);
    ::listen(tcp_.get(), 8);
    ::getsockname(tcp_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~World() { ::close(kDescriptor); }

  std::vector<std::string> fill(std::vector<std::string> words) const {
    for (std::string& word : words)
      for (const auto& [name, value] :
           std::vector<std::pair<std::string, std::string>>{{"{folder}", kShown},
                                                            {"{fd}", std::to_string(kDescriptor)},
                                                            {"{port}", std::to_string(port_)}})
        if (const std::size_t at = word.find(name); at != std::string::npos)
          word.replace(at, name.size(), value);
    return words;
  }
  const std::string& shown() const { return shown_.path(); }

 private:
  TemporaryFolder shown_{home_folder()}, open_{home_folder()};
  Fd tcp_;
  int port_ = 0;
};

/// How the act ends (acts/act.h) in a sandbox whose mounts refuse nothing.
int ends(const World& world, const std::vector<std::string>& act, bool with_landlock) {
  Spec spec;
  spec.command = world.fill(act);
  spec.command.insert(spec.command.begin(), "/tmp/acts");
  spec.view = {{ViewChange::Kind::ro, world.shown(), kShown, {}},
               {ViewChange::Kind::ro, test_program("hostile/acts"), "/tmp/acts", {}}};
  spec.fds = {kDescriptor};
  spec.net = NetMode::host;
  spec.workdir = "/";
  if (with_landlock) spec.policy.tcp_connect = spec.policy.tcp_bind = {1};
  HostFacts facts = read_host_facts();
  look_up(facts, paths_of_interest(spec, facts));
  Plan plan = resolve(spec, facts);
  for (MountStep& step : plan.view.steps)
    if (step.kind == MountStep::Kind::bind) step.writable = true;
  if (act.front() == "control_random_device")
    plan.view.steps.push_back({MountStep::Kind::device, "/dev/urandom", kDevice});
  LandlockPlan& landlock = plan.policy.landlock;
  if (!with_landlock) landlock = {};
  // Nothing in the default view may be read and not executed: here the folder may.
  for (LandlockPlan::Tree& tree : landlock.trees)
    if (tree.path == "/") tree.execute = act.front() != "execute";
  if (act.front() == "execute" && with_landlock)
    for (const char* folder : {"/tmp", "/usr", "/bin", "/lib", "/lib64"})
      landlock.trees.push_back({folder, false, true});
  return run_sandbox(plan, {}).exit_status;
}

class ALandlockRight : public ::testing::TestWithParam<Right> {};

TEST_P(ALandlockRight, AloneRefusesTheAct) {
  const Right& right = GetParam();
  const World world;
  ASSERT_GE(read_host_facts().landlock_abi, right.abi) << "this kernel's Landlock does not know the right";
  std::vector<std::string> act = right.act;
  Fd abstract;
  if (act.front() == "connect_abstract") {
    const std::string name = "cloche-landlock-" + std::to_string(::getpid());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path + 1, name.size());
    abstract.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(abstract.get(), reinterpret_cast<sockaddr*>(&address),
                     static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size())),
              0);
    ASSERT_EQ(::listen(abstract.get(), 4), 0);
    act.back() = name;
  }
  EXPECT_EQ(ends(world, act, true), 1) << "it was not refused";
  EXPECT_EQ(ends(world, act, false), 0) << "something else than Landlock refuses it";
}

INSTANTIATE_TEST_SUITE_P(Hostile, ALandlockRight, ::testing::ValuesIn(rights()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(APortRule, IsNotGoneAroundByFastOpen) {
  const World world;
  EXPECT_EQ(ends(world, {"send_to_open", "127.0.0.1", "{port}"}, true), 1);
  EXPECT_EQ(ends(world, {"send_to_open", "127.0.0.1", "{port}"}, false), 0);
}

TEST(APortRule, IsNotGoneAroundByAnotherProtocol) {
  const World world;
  EXPECT_EQ(ends(world, {"connect_mptcp", "127.0.0.1", "{port}"}, true), 1);
}

}  // namespace
}  // namespace cloche::testing
