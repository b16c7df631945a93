#include "cli/watch.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/running.h"

namespace cloche::cli {
namespace {

constexpr std::chrono::milliseconds kPeriod{1000};

volatile sig_atomic_t g_ended = 0;
void on_end(int) {
  g_ended = 1;
}

/// Keys come one by one and unseen, on a screen of its own; the terminal is as it was afterwards, also when a
/// signal ends it.
class Screen {
 public:
  Screen() {
    struct sigaction action {};
    action.sa_handler = on_end;
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(number, &action, nullptr);
    if (::tcgetattr(STDIN_FILENO, &before_) == 0) {
      termios raw = before_;
      raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
      changed_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    }
    fmt::print("\x1b[?1049h\x1b[?25l");
  }
  ~Screen() {
    fmt::print("\x1b[?25h\x1b[?1049l");
    std::fflush(stdout);
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void show(const WatchView& view) const {
    winsize window{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || !window.ws_col) window = {24, 80, 0, 0};
    std::string text = "\x1b[H";
    for (const std::string& line : watch_lines(view, window.ws_col, window.ws_row)) {
      const bool marked = colour_ && line.starts_with('>');
      text += (marked ? "\x1b[7m" : "") + line + (marked ? "\x1b[0m" : "") + "\x1b[K\r\n";
    }
    if (text.ends_with("\r\n")) text.resize(text.size() - 2);  // no scrolling at the last row
    fmt::print("{}\x1b[J", text);
    std::fflush(stdout);
  }

 private:
  termios before_{};
  bool changed_ = false;
  const bool colour_ = !std::getenv("NO_COLOR");
};

/// The next byte that was typed, 0 when `patience` is over.
char typed(std::chrono::milliseconds patience) {
  pollfd ready = {STDIN_FILENO, POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>(patience.count())) <= 0) return 0;
  char key = 'q';  // what a terminal that is gone means
  return ::read(STDIN_FILENO, &key, 1) == 1 ? key : 'q';
}

/// A key, arrows as j and k; 0 when `patience` is over.
char next_key(std::chrono::milliseconds patience) {
  const char key = typed(patience);
  if (key != '\x1b') return key;
  // The bytes of an escape sequence come together; its last one is a letter or a tilde.
  constexpr std::chrono::milliseconds kTogether{20};
  char last = typed(kTogether);
  if (last == '[' || last == 'O') {
    last = typed(kTogether);
    while (last && last < '@') last = typed(kTogether);
  }
  return last == 'A' ? 'k' : last == 'B' ? 'j' : ' ';
}

void act(WatchView& view, const std::string& folder, char key) {
  view.message.clear();
  const std::string asked = std::exchange(view.question, {});
  try {
    if (!asked.empty()) {
      if (key != 'y') return;
      kill_everything(running_sandbox(folder, asked));
      view.message = "killed " + asked;
    } else if (key == 'j' || key == 'k') {
      move_selection(view, key == 'j' ? 1 : -1);
    } else if (key == 's') {
      view.sort = static_cast<WatchView::Sort>((static_cast<int>(view.sort) + 1) % 4);
      sort_rows(view);
    } else if (key == 'x') {
      view.question = view.selected;
    } else if (key == 'p' && !view.selected.empty()) {
      const RunningSandbox one = running_sandbox(folder, view.selected);
      const bool paused = is_paused(needed_cgroup(one, "pause"));
      set_paused(one, !paused);
      view.message = (paused ? "resumed " : "paused ") + one.name;
    }
  } catch (const Error& error) {
    view.message = error.what();
  }
}

}  // namespace

int watch(const std::string& folder, const std::optional<std::string>& only) {
  if (!::isatty(STDIN_FILENO) || !::isatty(STDOUT_FILENO))
    throw UsageError("--watch needs a terminal", "for a script: cloche stats --json");
  live_figures(folder, only);  // a wrong name is said before the screen is taken
  const Screen screen;
  WatchView view;
  auto look_at = std::chrono::steady_clock::now();
  while (!g_ended) {
    if (std::chrono::steady_clock::now() >= look_at) {
      try {
        take_figures(view, live_figures(folder, only));
      } catch (const Error&) {
        return 0;  // the one that was watched has ended
      }
      look_at = std::chrono::steady_clock::now() + kPeriod;
    }
    screen.show(view);
    const auto left = look_at - std::chrono::steady_clock::now();
    const char key =
        next_key(std::max(std::chrono::milliseconds(0), std::chrono::ceil<std::chrono::milliseconds>(left)));
    if (!key) continue;
    if (key == 'q' || key == 3 || key == 4) return 0;  // q, ^C, ^D
    act(view, folder, key);
    if (key == 'p' || key == 'y') look_at = std::chrono::steady_clock::now();
  }
  return 0;
}

}  // namespace cloche::cli
