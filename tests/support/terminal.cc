#include "support/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>
#include <vector>

#include "base/error.h"

namespace cloche::testing {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  for (const std::string& word : words) result.push_back(const_cast<char*>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

}  // namespace

Terminal::Terminal(const Command& command, unsigned short rows, unsigned short columns)
    : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)) {
  if (!master_ || ::grantpt(master_.get()) != 0 || ::unlockpt(master_.get()) != 0) {
    throw_errno(errno, "cannot make a terminal", "");
  }
  slave_ = open_at(AT_FDCWD, ::ptsname(master_.get()), O_RDWR | O_NOCTTY);
  resize(rows, columns);

  std::vector<char*> words = pointers(command.words);
  pid_ = ::fork();
  if (pid_ < 0) throw_errno(errno, "cannot fork", "");
  if (pid_ == 0) {
    ::setsid();
    if (::ioctl(slave_.get(), TIOCSCTTY, 0) != 0) ::_exit(120);
    for (int fd = 0; fd <= 2; ++fd) ::dup2(slave_.get(), fd);
    if (!command.directory.empty() && ::chdir(command.directory.c_str()) != 0) ::_exit(121);
    for (const std::string& variable : command.variables) ::putenv(const_cast<char*>(variable.c_str()));
    ::setenv("TERM", "xterm", 0);
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
    ::execvp(words[0], words.data());
    ::_exit(127);
  }
}

Terminal::~Terminal() {
  if (reaped_) return;
  master_.reset();
  slave_.reset();
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Terminal::type(const std::string& keys) {
  std::size_t done = 0;
  const auto deadline = Clock::now() + kPatience;
  while (done < keys.size() && Clock::now() < deadline) {
    const ssize_t count = ::write(master_.get(), keys.data() + done, keys.size() - done);
    if (count > 0) {
      done += static_cast<std::size_t>(count);
    } else {
      read_more(20);  // its input is full: let it show what it has, so that it goes on
    }
  }
}

bool Terminal::read_more(int milliseconds) {
  pollfd polled{master_.get(), POLLIN, 0};
  if (::poll(&polled, 1, milliseconds) <= 0) return false;
  char buffer[65536];
  const ssize_t count = ::read(master_.get(), buffer, sizeof buffer);
  if (count <= 0) return false;
  screen_.append(buffer, static_cast<std::size_t>(count));
  return true;
}

bool Terminal::shows(const std::string& text) {
  const auto deadline = Clock::now() + kPatience;
  for (;;) {
    const std::size_t place = screen_.find(text, found_);
    if (place != std::string::npos) {
      found_ = place + text.size();
      return true;
    }
    if (read_more(100)) continue;
    siginfo_t ended{};
    const bool gone =
        reaped_ || (::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
                    ended.si_pid != 0);
    if ((gone && !read_more(0)) || Clock::now() > deadline) {
      return screen_.find(text, found_) != std::string::npos;
    }
  }
}

void Terminal::resize(unsigned short rows, unsigned short columns) {
  winsize size{};
  size.ws_row = rows;
  size.ws_col = columns;
  if (::ioctl(master_.get(), TIOCSWINSZ, &size) != 0) throw_errno(errno, "cannot resize the terminal", "");
}

termios Terminal::modes() const {
  termios result{};
  if (::tcgetattr(slave_.get(), &result) != 0) throw_errno(errno, "cannot read the terminal's modes", "");
  return result;
}

int Terminal::wait() {
  const auto deadline = Clock::now() + kPatience;
  while (!reaped_ && Clock::now() < deadline) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      reaped_ = true;
      status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
      while (master_ && read_more(0)) {
      }
    } else if (!master_ || !read_more(50)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  return status_;
}

bool same_modes(const termios& one, const termios& other) {
  return one.c_lflag == other.c_lflag && one.c_iflag == other.c_iflag && one.c_oflag == other.c_oflag;
}

}  // namespace cloche::testing
