#include "world.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <memory>

#include "base/error.h"

namespace cloche::testing {
namespace {

constexpr int kLeakedNumber = 9;

/// The same for this process and round, different from every other one.
std::string unique_number() {
  static int round = 0;
  return std::to_string(::getpid()) + std::to_string(1000 + ++round % 9000);
}

Fd listen_unix(const std::string& name, bool abstract) {
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + (abstract ? 1 : 0), name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + 1);
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(socket.get(), 16) != 0) {
    throw_errno(errno, "cannot listen at", name);
  }
  return socket;
}

Fd listen_inet(int type, std::string& port) {
  Fd socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      (type == SOCK_STREAM && ::listen(socket.get(), 16) != 0) ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw_errno(errno, "cannot listen on the loopback interface", "");
  }
  port = std::to_string(ntohs(address.sin_port));
  return socket;
}

/// An interface that a sandbox without network does not have; "lo" where the host has no other.
std::string some_interface() {
  std::string found = "lo";
  if (struct if_nameindex* all = ::if_nameindex()) {
    for (auto* one = all; one->if_name != nullptr; ++one) {
      if (std::strcmp(one->if_name, "lo") != 0) found = one->if_name;
    }
    ::if_freenameindex(all);
  }
  return found;
}

/// Where something readable and writable lies in the process's memory.
std::string address_in(pid_t pid) {
  const std::string maps = text_of("/proc/" + std::to_string(pid) + "/maps");
  const auto stack = maps.find("[stack]");
  const auto line = maps.rfind('\n', stack) + 1;
  return maps.substr(line, maps.find('-', line) - line);
}

/// Changes with every write, rename or chmod of the file, whatever the writer does about its times.
std::string stamp(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return "missing";
  return std::to_string(status.st_ino) + " " + std::to_string(status.st_size) + " " +
         std::to_string(status.st_ctim.tv_sec) + "." + std::to_string(status.st_ctim.tv_nsec);
}

/// What no command may have changed in a shared folder.
std::string protected_state(const std::string& project) {
  std::string state = folder_state(project + "/.git") + folder_state(project + "/.idea");
  for (const char* missing : {"/.envrc", "/.vscode", "/.nvim.lua"}) state += folder_state(project + missing);
  return state;
}

}  // namespace

World::World() : private_(home_folder()), project_(home_folder()) {
  const std::string token = "token-" + unique_number(), number = unique_number();
  names_ = {
      {"home", home_folder()},
      {"private", private_.path()},  // a folder of the home that nobody shares
      {"private_name", private_.path().substr(private_.path().rfind('/') + 1)},
      {"secret", private_.at("secret")},
      {"key", private_.at(".ssh/id_ed25519")},
      {"project", project_.path()},      // the folder that is shared
      {"temporary", temporary_.path()},  // a folder in the host's /tmp
      {"temporary_name", temporary_.path().substr(temporary_.path().rfind('/') + 1)},
      {"temporary_secret", temporary_.at("secret")},
      {"token", token},
      {"leaked", std::to_string(kLeakedNumber)},
      {"number", number},  // of the SysV objects
      {"memory", "/cloche-test-" + number},
      {"abstract", "cloche-test-abstract-" + number},
      {"socket", private_.at("socket")},
      {"interface", some_interface()},
  };
  make_folder(private_.at(".ssh"));
  write_file(private_.at("secret"), token);
  write_file(private_.at(".ssh/id_ed25519"), token, 0600);
  write_file(private_.at("program"), "#!/bin/sh\n", 0755);
  write_file(temporary_.at("secret"), token, 0644);
  write_file(project_.at("file"), "shared");
  // A repository as `git init` makes one, but without hooks; an editor's settings, but not every editor's.
  make_folder(project_.at("folder"));
  make_folder(project_.at(".git/objects"));
  make_folder(project_.at(".git/refs"));
  make_folder(project_.at(".git/hooks"));
  make_folder(project_.at(".idea"));
  write_file(project_.at(".git/HEAD"), "ref: refs/heads/main\n");
  write_file(project_.at(".git/config"), "[core]\n\trepositoryformatversion = 0\n");
  write_file(project_.at(".idea/workspace.xml"), "<project/>\n");
  leaked_ = open_at(AT_FDCWD, private_.path(), O_RDONLY | O_DIRECTORY);
  listen_everywhere();
  make_shared_objects();

  // What the process is called is a number that nothing else on the host has in its command line.
  const std::string first = "98765", second = number;
  bystander_ = std::make_unique<Running>(Command{
      .words = {"sh", "-c", "echo up; exec sleep " + first + second}, .timeout = std::chrono::seconds(600)});
  bystander_->wait_for("up");
  names_["called"] = first;
  names_["called_too"] = second;
  names_["pid"] = std::to_string(bystander_->pid());
  // It is a shell until it is `sleep`: the address has to be of the latter.
  while (text_of("/proc/" + at("pid") + "/comm") != "sleep\n") std::this_thread::yield();
  names_["address"] = address_in(bystander_->pid());
  before_ = state();
}

World::~World() {
  stopping_ = true;
  answering_.join();
  ::shmctl(memory_, IPC_RMID, nullptr);
  ::msgctl(queue_, IPC_RMID, nullptr);
  ::semctl(semaphores_, 0, IPC_RMID);
  ::shm_unlink(at("memory").c_str());
}

void World::listen_everywhere() {
  abstract_ = listen_unix(at("abstract"), true);
  socket_ = listen_unix(at("socket"), false);
  tcp_ = listen_inet(SOCK_STREAM, names_["tcp"]);
  udp_ = listen_inet(SOCK_DGRAM, names_["udp"]);
  answering_ = std::thread([this] { answer_datagrams(); });
}

void World::answer_datagrams() {
  while (!stopping_) {
    pollfd polled{udp_.get(), POLLIN, 0};
    if (::poll(&polled, 1, 20) <= 0) continue;
    char byte;
    sockaddr_in sender{};
    socklen_t size = sizeof sender;
    if (::recvfrom(udp_.get(), &byte, 1, 0, reinterpret_cast<sockaddr*>(&sender), &size) == 1) {
      ::sendto(udp_.get(), &byte, 1, 0, reinterpret_cast<sockaddr*>(&sender), size);
    }
  }
}

void World::make_shared_objects() {
  const auto key = static_cast<key_t>(std::stoul(at("number")) & 0x7fffffff);
  names_["number"] = std::to_string(key);
  memory_ = ::shmget(key, 4096, IPC_CREAT | 0600);
  queue_ = ::msgget(key, IPC_CREAT | 0600);
  semaphores_ = ::semget(key, 1, IPC_CREAT | 0600);
  const Fd memory(::shm_open(at("memory").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (memory_ < 0 || queue_ < 0 || semaphores_ < 0 || !memory)
    throw_errno(errno, "cannot make shared objects", "");
}

std::vector<std::string> World::fill(const std::vector<std::string>& words) const {
  std::vector<std::string> result = words;
  for (std::string& word : result) {
    for (const auto& [name, value] : names_) {
      const std::string place = "{" + name + "}";
      for (std::size_t i; (i = word.find(place)) != std::string::npos;) word.replace(i, place.size(), value);
    }
  }
  return result;
}

Cloche World::cloche(const std::vector<std::string>& options) const {
  Cloche cloche{.options = fill(options),
                .directory = project_.path(),
                .variables = {"SERVICE_TOKEN=" + at("token"), "PATH_TO_" + at("token") + "=1"},
                .fds = {{leaked_.get(), kLeakedNumber}}};
  // The program lies in the build folder, which the sandbox does not show.
  cloche.options.insert(cloche.options.end(), {"--ro", test_program("hostile/acts") + ":/tmp/acts"});
  return cloche;
}

Ended World::sandboxed(const std::vector<std::string>& options, const std::vector<std::string>& act) const {
  std::vector<std::string> words = fill(act);
  words.insert(words.begin(), "/tmp/acts");
  return cloche(options).run(words);
}

Ended World::entered(const std::vector<std::string>& options, const std::vector<std::string>& act) const {
  const std::string name = "hostile-" + at("number");
  std::vector<std::string> with_name = options;
  with_name.insert(with_name.end(), {"--name", name});
  Running running(cloche(with_name).command({"sh", "-c", "echo ready; exec sleep 1000"}));
  if (!running.wait_for("ready")) return running.wait();
  Command command = cloche({}).command({});
  command.words = {cloche_binary(), "exec", name, "--", "/tmp/acts"};
  const std::vector<std::string> words = fill(act);
  command.words.insert(command.words.end(), words.begin(), words.end());
  const Ended ended = run(command);
  running.signal(SIGTERM);
  running.wait();
  return ended;
}

Ended World::bare(const std::vector<std::string>& act, bool in_namespaces) const {
  std::vector<std::string> words = fill(act);
  if (in_namespaces) words.insert(words.begin(), "--in-namespaces");
  words.insert(words.begin(), test_program("hostile/acts"));
  return run({.words = words,
              .directory = project_.path(),
              .variables = {"SERVICE_TOKEN=" + at("token")},
              .fds = {{leaked_.get(), kLeakedNumber}}});
}

World::State World::state() const {
  std::string dotfiles;
  for (const char* name : {".bashrc", ".profile", ".bash_profile", ".bash_logout", ".ssh", ".config"}) {
    dotfiles += name + std::string(": ") + (exists(at("home") + "/" + name) ? "there " : "absent ");
    dotfiles += std::to_string(std::hash<std::string>{}(text_of(at("home") + "/" + name))) + "\n";
  }
  return {.host = host_state(),
          .secrets = folder_state(private_.path()) + folder_state(temporary_.path()),
          .shared_memory = exists("/dev/shm" + at("memory")) ? "there" : "gone",
          .dotfiles = dotfiles,
          .protected_paths = protected_state(project_.path()),
          .cloche = stamp(cloche_binary())};
}

void World::expect_untouched() const {
  const State now = state();
  EXPECT_EQ(before_.host, now.host);
  EXPECT_EQ(before_.secrets, now.secrets);
  EXPECT_EQ(before_.shared_memory, now.shared_memory);
  EXPECT_EQ(before_.dotfiles, now.dotfiles);
  EXPECT_EQ(before_.protected_paths, now.protected_paths);
  EXPECT_EQ(before_.cloche, now.cloche) << "the runtime's own program was written to";
  const std::string status = text_of("/proc/" + at("pid") + "/status");
  EXPECT_NE(status.find("State:\tS"), std::string::npos) << "the bystander is stopped or dead:\n" << status;
  EXPECT_NE(status.find("TracerPid:\t0"), std::string::npos) << "the bystander is traced";
  EXPECT_EQ(left_behind({bystander_->pid()}), "") << "processes were left";
}

}  // namespace cloche::testing
