// A host with something to lose: secrets in the home and in /tmp, a process, sockets, shared memory, a leaked
// descriptor, a token in the environment; and the check that all of it is as it was.
//
//   World world;
//   const Ended inside = world.sandboxed({"--as", "root"}, {"read_file", "{secret}"});
//   EXPECT_EQ(inside.status, 1);
//   world.expect_untouched();
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "support/cloche.h"
#include "support/command.h"
#include "support/folder.h"
#include "support/host.h"

namespace cloche::testing {

class World {
 public:
  World();
  ~World();

  /// Words with {names} replaced by what they stand for here: see names() in world.cc for the list.
  std::vector<std::string> fill(const std::vector<std::string>& words) const;
  std::string at(const std::string& name) const { return names_.at(name); }

  /// The act inside a sandbox with these options, started in the project folder.
  Ended sandboxed(const std::vector<std::string>& options, const std::vector<std::string>& act) const;
  /// The act as a further command (cloche exec) of such a sandbox.
  Ended entered(const std::vector<std::string>& options, const std::vector<std::string>& act) const;
  /// The act without any sandbox: by the same user, or as root of fresh namespaces.
  Ended bare(const std::vector<std::string>& act, bool in_namespaces) const;

  /// Fails the test for everything about the host that is not as it was when the World was made.
  void expect_untouched() const;

 private:
  struct State {
    HostState host;
    std::string secrets, shared_memory, dotfiles, protected_paths, cloche;
    bool operator==(const State&) const = default;
  };
  State state() const;
  Cloche cloche(const std::vector<std::string>& options) const;
  void listen_everywhere();
  void make_shared_objects();
  void answer_datagrams();

  // In the home: the project is what the user shares, all else is not.
  TemporaryFolder private_, project_, temporary_;
  std::map<std::string, std::string> names_;
  std::vector<std::pair<std::string, std::string>> variables_;
  Fd leaked_, abstract_, socket_, tcp_, udp_;
  int memory_ = -1, queue_ = -1, semaphores_ = -1;
  std::unique_ptr<Running> bystander_;
  std::atomic<bool> stopping_ = false;
  std::thread answering_;
  State before_;
};

}  // namespace cloche::testing
