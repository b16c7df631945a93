#include "sandbox/sweeper.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <exception>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace cloche {
namespace {

constexpr unsigned kNoExecute = 8;  // MFD_NOEXEC_SEAL, which vm.memfd_noexec may ask for; from Linux 6.3 on
constexpr char kEnd = '\0';         // of each word that main() is told: no path has one

std::string told(const ViewPlan& view, const std::string& registry) {
  std::string words;
  const auto tell = [&](const std::string& word) { (words += word) += kEnd; };
  tell(registry);
  tell(view.shared);
  for (const PlaceholderStep& step : view.placeholders) {
    tell(std::to_string(static_cast<int>(step.kind)));
    tell(step.folder);
    tell(step.name);
  }
  return words;
}

}  // namespace

Sweeper::Sweeper(const ViewPlan& view, const std::string& registry, const Fd& init)
    : placeholders_(view, registry), told_(told(view, registry)), init_(init.get()) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    throw_errno(errno, "cannot make a socket pair", "");
  control_.reset(ends[0]);
  its_control_.reset(ends[1]);
  process_.start(watch, this);
}

/// It keeps nothing of the caller's, no file, no terminal and no signal of it, but the current folder. Of its
/// own group, it is not killed with that of cloche.
__attribute__((no_sanitize("address", "undefined"))) int Sweeper::watch(void* self) noexcept {
  const auto& sweeper = *static_cast<Sweeper*>(self);
  constexpr int kControl = 0, kInit = 1;
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::prctl(PR_SET_NAME, kProgram, 0, 0, 0);
  ::setpgid(0, 0);
  if (::dup2(sweeper.its_control_.get(), kControl) < 0 || ::dup2(sweeper.init_, kInit) < 0 ||
      ::syscall(SYS_close_range, 2U, ~0U, 0U) != 0)
    return 1;
  char byte;
  while (::recv(kControl, &byte, 1, 0) < 0 && errno == EINTR) {
  }
  pollfd ended = {kInit, POLLIN, 0};
  while (::poll(&ended, 1, -1) < 0 && errno == EINTR) {
  }
  // Cloche may have been killed with the heap's lock: what it knew goes on to a program with a heap of its
  // own.
  int list = ::memfd_create(kProgram, kNoExecute);
  if (list < 0) list = ::memfd_create(kProgram, 0);
  if (::dup2(list, 0) != 0 ||
      ::write(0, sweeper.told_.data(), sweeper.told_.size()) != static_cast<ssize_t>(sweeper.told_.size()))
    return 1;
  char* arguments[] = {const_cast<char*>(kProgram), nullptr};
  char* no_environment[] = {nullptr};
  ::execve("/proc/self/exe", arguments, no_environment);
  return 1;
}

int Sweeper::main() {
  ::prctl(PR_SET_NAME, kProgram, 0, 0, 0);
  try {
    ::lseek(STDIN_FILENO, 0, SEEK_SET);
    const std::vector<std::string> words = split(read_open_file(STDIN_FILENO, "what the run laid"), kEnd);
    ViewPlan view;
    view.shared = words.at(1);
    for (std::size_t i = 2; i + 2 < words.size(); i += 3)
      view.placeholders.push_back(
          {words[i + 1], words[i + 2], static_cast<PlaceholderKind>(std::stoi(words[i]))});
    Placeholders left(view, words[0]);
    left.lay();  // those that are there are its own then
    left.take();
    return 0;
  } catch (const std::exception&) {
    return 1;
  }
}

void Sweeper::take() {
  if (taken_) return;
  placeholders_.take();
  process_.kill();
  taken_ = true;
}

}  // namespace cloche
