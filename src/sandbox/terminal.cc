#include "sandbox/terminal.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/error.h"

namespace cloche {
namespace {

constexpr size_t kMostWaiting = 64 * 1024;

// What a fatal signal needs to give the modes back; set only while the terminal is raw.
volatile sig_atomic_t g_raw = 0;
termios g_modes, g_raw_modes;

void give_back() {
  if (!g_raw) return;
  g_raw = 0;
  ::tcsetattr(STDIN_FILENO, TCSADRAIN, &g_modes);
}

void on_fatal(int number) {
  if (g_raw) ::tcsetattr(STDIN_FILENO, TCSANOW, &g_modes);
  ::signal(number, SIG_DFL);
  ::raise(number);
}

bool is_raw(const termios& modes) {
  return modes.c_lflag == g_raw_modes.c_lflag && modes.c_iflag == g_raw_modes.c_iflag;
}

/// A SIGCONT comes to those who never stopped, too: the modes to give back are not the raw ones.
void take_raw() {
  termios now;
  if (!::isatty(STDIN_FILENO) || ::tcgetattr(STDIN_FILENO, &now) != 0 || (g_raw && is_raw(now))) return;
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::signal(number, on_fatal);
  g_modes = g_raw_modes = now;
  ::cfmakeraw(&g_raw_modes);
  if (::tcsetattr(STDIN_FILENO, TCSADRAIN, &g_raw_modes) == 0) g_raw = 1;
}

/// A description of its own, so that O_NONBLOCK does not reach the shell's; a pipe is taken as it is.
Fd nonblocking(int standard, int flags) {
  const std::string path = "/proc/self/fd/" + std::to_string(standard);
  Fd own(::isatty(standard) ? ::open(path.c_str(), flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1);
  return own ? std::move(own) : Fd(::fcntl(standard, F_DUPFD_CLOEXEC, 3));
}

}  // namespace

TerminalState terminal_state() {
  TerminalState state;
  state.has_modes = ::tcgetattr(STDIN_FILENO, &state.modes) == 0;
  if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &state.window) != 0 &&
      ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &state.window) != 0)
    state.window = {24, 80, 0, 0};
  return state;
}

TerminalProxy::TerminalProxy(EventLoop& loop, Fd master, std::function<void()> hung_up)
    : master_(std::move(master)),
      terminal_in_(nonblocking(STDIN_FILENO, O_RDONLY)),
      terminal_out_(nonblocking(STDOUT_FILENO, O_WRONLY)),
      hung_up_(std::move(hung_up)),
      input_(loop),
      output_(loop) {
  ::fcntl(master_.get(), F_SETFL, O_NONBLOCK);
  input_.from = terminal_in_.get();
  input_.to = output_.from = master_.get();
  output_.to = terminal_out_.get();
  take_raw();
  for (Direction* direction : {&input_, &output_}) {
    direction->readable.set<TerminalProxy, &TerminalProxy::on_readable>(this);
    direction->readable.set(direction->from, ev::READ);
    direction->writable.set<TerminalProxy, &TerminalProxy::on_writable>(this);
    direction->writable.set(direction->to, ev::WRITE);
    arm(*direction);
  }
}

TerminalProxy::~TerminalProxy() {
  give_back();
}

TerminalProxy::Direction& TerminalProxy::direction_of(const ev::io& watcher) {
  return &watcher == &input_.readable || &watcher == &input_.writable ? input_ : output_;
}

/// Waits for what can be used now: a reader with room, a writer with something to write.
void TerminalProxy::arm(Direction& direction) {
  const bool may_read = !direction.ended && direction.waiting.size() < kMostWaiting;
  may_read ? direction.readable.start() : direction.readable.stop();
  direction.waiting.empty() ? direction.writable.stop() : direction.writable.start();
}

void TerminalProxy::on_readable(ev::io& watcher, int) {
  Direction& direction = direction_of(watcher);
  char bytes[16 * 1024];
  const ssize_t got = ::read(direction.from, bytes, sizeof bytes);
  if (got > 0)
    direction.waiting.append(bytes, static_cast<size_t>(got));
  else if (got == 0 || (errno != EAGAIN && errno != EINTR))
    end(direction);
  on_writable(direction.writable, 0);
}

void TerminalProxy::end(Direction& direction) {
  direction.ended = true;
  if (&direction != &input_) return;
  if (::isatty(STDIN_FILENO)) return hung_up_();
  direction.waiting += '\x04';  // end-of-file of a pipe is ^D on a terminal
}

void TerminalProxy::on_writable(ev::io& watcher, int) {
  Direction& direction = direction_of(watcher);
  if (!direction.waiting.empty()) {
    const ssize_t wrote = ::write(direction.to, direction.waiting.data(), direction.waiting.size());
    if (wrote > 0)
      direction.waiting.erase(0, static_cast<size_t>(wrote));
    else if (errno != EAGAIN && errno != EINTR)
      direction.waiting.clear();  // nobody is left to read it
  }
  arm(direction);
}

void TerminalProxy::resume() {
  take_raw();
  resize();
}

void stop_job(TerminalProxy* terminal) {
  if (terminal) give_back();
  ::raise(SIGSTOP);
  if (terminal) terminal->resume();
}

void TerminalProxy::resize() {
  winsize window{};
  if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &window) == 0) ::ioctl(master_.get(), TIOCSWINSZ, &window);
}

void TerminalProxy::drain() {
  char bytes[16 * 1024];
  for (ssize_t got; (got = ::read(output_.from, bytes, sizeof bytes)) > 0;)
    output_.waiting.append(bytes, static_cast<size_t>(got));
  while (!output_.waiting.empty()) {
    pollfd room = {output_.to, POLLOUT, 0};
    if (::poll(&room, 1, 1000) <= 0) return;  // a terminal stopped by ^S: the end of a run waits no longer
    const ssize_t wrote = ::write(output_.to, output_.waiting.data(), output_.waiting.size());
    if (wrote <= 0) return;
    output_.waiting.erase(0, static_cast<size_t>(wrote));
  }
}

}  // namespace cloche
