// Chapter 4: limits that hold. Nothing dangerous is started unless its limit was written and read back
// (Cell::limit), and it is known to be inside (Cell::join).
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "lab/bench.h"
#include "lab/experiment.h"
#include "lab/notebook.h"

namespace cloche::lab {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kTasks = 32, kMemory = 64 << 20, kAsked = 4 * kMemory;
constexpr std::uint64_t kQuota = 20'000, kPeriod = 100'000;  // microseconds of cpu in microseconds of time

std::string needs(const Situation& s, const char* controller) {
  std::string lacking = needs_manager(s);
  if (!lacking.empty() || s.has(controller)) return lacking;
  return fmt::format("the controller {} is not delegated: {}; without its limit the experiment is not begun",
                     controller, s.hybrid ? "a host on cgroup v1 cannot delegate it" : delegation_remedy());
}

/// What the kernel says to one who wants a limit and has no cgroup for it.
void without(const Situation& s, Notebook& notebook, const char* controller, const char* file) {
  if (!s.manager.empty()) {
    const Scope scope = ask_for_scope(s, ::getpid());
    notebook.note(tried(fmt::format("write(SCOPE/cgroup.subtree_control, \"+{}\")", controller),
                        scope.cgroup.enable(controller)));
    const CgroupDirectory child = scope.cgroup.make_child("child");
    notebook.note(tried(fmt::format("write(SCOPE/child/{})", file), child.write(file, "max")));
    return;
  }
  const std::string path = s.tree + (s.own_cgroup == "/" ? "" : s.own_cgroup) + "/" + file;
  notebook.note(
      tried("open(" + path + ", O_WRONLY)", Fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC)) ? 0 : errno));
}

double number_in(const CgroupDirectory& cgroup, const char* file, const char* key = "") {
  return static_cast<double>(cgroup.number(file, key).value_or(0));
}

/// Memory that a child counts in.
class Counter {
 public:
  Counter() {
    void* page = ::mmap(nullptr, sizeof *count_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) throw_errno(errno, "cannot share memory", "");
    count_ = new (page) std::atomic<std::uint64_t>(0);
  }
  ~Counter() { ::munmap(count_, sizeof *count_); }
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;
  std::uint64_t now() const { return *count_; }
  void step() const { ++*count_; }

 private:
  std::atomic<std::uint64_t>* count_ = nullptr;
};

// --- a fork bomb

std::string needs_pids(const Situation& s) {
  const std::string lacking = needs(s, "pids");
  return lacking.empty() ? s.no_namespaces : lacking;
}
void without_pids(const Situation& s, Notebook& notebook) {
  without(s, notebook, "pids", "pids.max");
}

Lines predict_bomb(const Situation&) {
  return {{"pids.max, read back", std::to_string(kTasks)},
          tried("fork(), once the cgroup is full", EAGAIN),
          holds("pids.current stayed at or below pids.max", true),
          holds("pids.events counts refused forks", true),
          {"processes left after cgroup.kill", "0"}};
}

/// Every process of it forks until it is refused. It slows itself down a little, so that one can watch.
void explode(const Notebook& notebook, const Counter& told) {
  while (true) {
    const pid_t pid = ::fork();
    if (pid < 0) {
      if (::getpid() == 1) {
        notebook.called("fork(), once the cgroup is full", pid);
        told.step();
      }
      while (true) ::pause();
    }
    ::usleep(30'000);
  }
}

void run_bomb(const Situation& s, Notebook& notebook) {
  const Cell cell(s, {"pids"});
  cell.limit("pids.max", std::to_string(kTasks));
  notebook.note({"pids.max, read back", cell.cgroup().read("pids.max")});
  notebook.series("pids.current", "processes", kTasks);
  const Counter told;
  Child bomb([&] {
    cell.join();
    in_namespaces(CLONE_NEWPID, [&] { explode(notebook, told); });
  });
  // The kernel counts a fork before it refuses it and takes it back (pids_try_charge): what is seen once only
  // was not there.
  double most = 0, before = 0;
  double full_since = -1;
  watch_for(milliseconds(20'000), milliseconds(25), [&](double seconds) {
    const double now = number_in(cell.cgroup(), "pids.current");
    notebook.sample(seconds, now);
    most = std::max(most, std::min(before, now));
    before = now;
    if (full_since < 0 && told.now() > 0) full_since = seconds;
    return full_since < 0 || seconds < full_since + 0.5;
  });
  notebook.note(holds("pids.current stayed at or below pids.max", most <= kTasks));
  notebook.note(
      holds("pids.events counts refused forks", number_in(cell.cgroup(), "pids.events", "max") > 0));
  notebook.figure("forks refused", cell.cgroup().read("pids.events"));
  cell.cgroup().kill();
  bomb.kill();
  // A zombie counts until whoever has it for a child has waited for it.
  watch_for(milliseconds(10'000), milliseconds(10),
            [&](double) { return number_in(cell.cgroup(), "pids.current") > 0; });
  notebook.note({"processes left after cgroup.kill", cell.cgroup().read("pids.current")});
}

// --- an allocation

std::string needs_memory(const Situation& s) {
  return needs(s, "memory");
}
void without_memory(const Situation& s, Notebook& notebook) {
  without(s, notebook, "memory", "memory.max");
}

Lines predict_hog(const Situation&) {
  return {{"memory.max, read back", std::to_string(kMemory)},
          {"the process that takes " + size_words(kAsked) + " ended by", "signal 9"},
          holds("memory.events counts an oom_kill", true),
          holds("memory stayed at or below memory.max", true)};
}

void take_memory() {
  constexpr std::size_t kStep = 1 << 20;
  for (std::uint64_t taken = 0; taken < kAsked; taken += kStep) {
    void* step = ::mmap(nullptr, kStep, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (step == MAP_FAILED) ::_exit(1);
    std::memset(step, 1, kStep);  // memory is given when it is touched
    ::usleep(10'000);
  }
}

void run_hog(const Situation& s, Notebook& notebook) {
  const Cell cell(s, {"memory"});
  cell.limit("memory.max", std::to_string(kMemory));
  cell.limit("memory.swap.max", "0");
  notebook.note({"memory.max, read back", cell.cgroup().read("memory.max")});
  notebook.series("memory.current", "bytes", kMemory);
  Child hog([&] { cell.join(); }, take_memory);
  hog.ready();
  hog.go();
  double most = 0;
  watch_for(milliseconds(30'000), milliseconds(25), [&](double seconds) {
    const double now = number_in(cell.cgroup(), "memory.current");
    notebook.sample(seconds, now);
    most = std::max(most, now);
    return cell.cgroup().populated();
  });
  const int status = hog.wait();
  notebook.note({"the process that takes " + size_words(kAsked) + " ended by",
                 WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status)) : "itself"});
  notebook.note(
      holds("memory.events counts an oom_kill", number_in(cell.cgroup(), "memory.events", "oom_kill") > 0));
  // memory.peak came with Linux 5.19; before, the samples have to do.
  const auto peak = cell.cgroup().number("memory.peak");
  if (peak) most = static_cast<double>(*peak);
  notebook.note(holds("memory stayed at or below memory.max", most <= static_cast<double>(kMemory)));
  notebook.figure("memory.peak", peak ? size_words(*peak) : "not in this kernel");
  notebook.figure("memory.events", cell.cgroup().read("memory.events"));
}

// --- cpu

std::string needs_cpu(const Situation& s) {
  return needs(s, "cpu");
}
void without_cpu(const Situation& s, Notebook& notebook) {
  without(s, notebook, "cpu", "cpu.max");
}

Lines predict_cpu(const Situation&) {
  return {{"cpu.max, read back", fmt::format("{} {}", kQuota, kPeriod)},
          holds("cpu.stat counts throttled periods", true),
          holds("the cpu time used is near a fifth of the periods' time", true)};
}

void spin() {
  for (volatile std::uint64_t turns = 0;;) turns = turns + 1;
}

void run_cpu(const Situation& s, Notebook& notebook) {
  const Cell cell(s, {"cpu"});
  cell.limit("cpu.max", fmt::format("{} {}", kQuota, kPeriod));
  notebook.note({"cpu.max, read back", cell.cgroup().read("cpu.max")});
  notebook.series("cpu.stat usage_usec", "cores", static_cast<double>(kQuota) / kPeriod);
  Child busy([&] { cell.join(); }, spin);
  busy.ready();
  busy.go();
  double before = number_in(cell.cgroup(), "cpu.stat", "usage_usec"), at = 0;
  watch_for(milliseconds(3'000), milliseconds(100), [&](double seconds) {
    const double now = number_in(cell.cgroup(), "cpu.stat", "usage_usec");
    if (seconds > at + 0.05) notebook.sample(seconds, (now - before) / 1e6 / (seconds - at));
    before = now;
    at = seconds;
    return true;
  });
  busy.kill();
  const CgroupDirectory& cgroup = cell.cgroup();
  const double periods = number_in(cgroup, "cpu.stat", "nr_periods"),
               used = number_in(cgroup, "cpu.stat", "usage_usec");
  notebook.note(
      holds("cpu.stat counts throttled periods", number_in(cgroup, "cpu.stat", "nr_throttled") > 0));
  // The kernel charges by ticks and hands the quota out in slices: half as much again is its own slack.
  notebook.note(
      holds("the cpu time used is near a fifth of the periods' time", used < 1.5 * (periods + 2) * kQuota));
  notebook.figure("cpu time used", duration_words(Duration(static_cast<Duration::rep>(used))));
  notebook.figure(
      "held back for",
      duration_words(Duration(static_cast<Duration::rep>(number_in(cgroup, "cpu.stat", "throttled_usec")))));
}

// --- the freezer

Lines predict_freezer(const Situation&) {
  return {tried("write(cgroup.freeze, \"1\")", 0), holds("cgroup.events says frozen", true),
          holds("the process goes on counting", false), tried("write(cgroup.freeze, \"0\")", 0),
          holds("it goes on counting once thawed", true)};
}

void run_freezer(const Situation& s, Notebook& notebook) {
  const Cell cell(s, {});
  const Counter counter;
  Child counting([&] { cell.join(); },
                 [&] {
                   for (;; ::usleep(1000)) counter.step();
                 });
  counting.ready();
  counting.go();
  const CgroupDirectory& cgroup = cell.cgroup();
  notebook.series("a counter", "steps", 0);
  double at = 0;
  const auto look = [&](int milliseconds_long, const std::function<bool()>& until) {
    const double begun = at;
    watch_for(milliseconds(milliseconds_long), milliseconds(25), [&](double seconds) {
      at = begun + seconds;
      notebook.sample(at, static_cast<double>(counter.now()));
      return !until || !until();
    });
  };
  look(10'000, [&] { return counter.now() > 0; });
  look(300, {});
  notebook.note(tried("write(cgroup.freeze, \"1\")", cgroup.write("cgroup.freeze", "1")));
  look(10'000, [&] { return number_in(cgroup, "cgroup.events", "frozen") == 1; });
  notebook.note(holds("cgroup.events says frozen", number_in(cgroup, "cgroup.events", "frozen") == 1));
  const std::uint64_t frozen_at = counter.now();
  look(300, {});
  notebook.note(holds("the process goes on counting", counter.now() != frozen_at));
  notebook.note(tried("write(cgroup.freeze, \"0\")", cgroup.write("cgroup.freeze", "0")));
  look(10'000, [&] { return counter.now() > frozen_at; });
  look(300, {});
  notebook.note(holds("it goes on counting once thawed", counter.now() > frozen_at));
}

void without_freezer(const Situation& s, Notebook& notebook) {
  without(s, notebook, "", "cgroup.freeze");
}

// --- io and cpuset

/// The kernel's answer to "+NAME": there is none such, or none such here.
int answer_to(const Situation& s, const char* name) {
  if (s.has(name)) return 0;
  return std::find(s.known.begin(), s.known.end(), name) == s.known.end() ? EINVAL : ENOENT;
}

Lines predict_io(const Situation& s) {
  return {tried("write(SCOPE/cgroup.subtree_control, \"+io\")", answer_to(s, "io")),
          tried("write(SCOPE/cgroup.subtree_control, \"+cpuset\")", answer_to(s, "cpuset"))};
}

void run_io(const Situation& s, Notebook& notebook) {
  const Scope scope = ask_for_scope(s, ::getpid());
  if (const int error = scope.cgroup.make_child("leaf").adopt(::getpid()))
    throw_errno(error, "cannot move into a leaf of", scope.cgroup.path());
  for (const char* name : {"io", "cpuset"})
    notebook.note(
        tried(fmt::format("write(SCOPE/cgroup.subtree_control, \"+{}\")", name), scope.cgroup.enable(name)));
  notebook.figure("delegated", s.delegated.empty() ? "no controller" : join(s.delegated, " "));
  notebook.figure("an administrator's file", "/etc/systemd/system/user@.service.d/delegate.conf");
  notebook.figure("its words", "[Service]\nDelegate=cpu cpuset io memory pids");
  notebook.figure("then", "systemctl daemon-reload, and a new login of the user");
}

void without_io(const Situation& s, Notebook& notebook) {
  without(s, notebook, "io", "io.max");
}

constexpr auto kExperiments = std::to_array<Experiment>({
    {4, "fork-bomb", "Does a fork bomb end at its limit?",
     "write(pids.max, \"32\"), fork(), fork(), fork() …", needs_pids, predict_bomb, run_bomb, without_pids,
     "pids.max counts the processes and threads of a cgroup and all below it. A fork beyond it fails; "
     "nothing is killed.",
     "Linux 4.3", "cgroup-v2.rst, PID",
     "ulimit -u counts all of a user's processes together, this counts one command's. The bomb stays full of "
     "itself until "
     "cgroup.kill ends it with one write."},
    {4, "memory-hog", "Does an allocation end at its limit?",
     "write(memory.max, \"67108864\"), mmap(…) four times as much", needs_memory, predict_hog, run_hog,
     without_memory,
     "What cannot be reclaimed below memory.max makes the kernel kill in that cgroup and nowhere else. "
     "memory.peak is what "
     "was used at most.",
     "Linux 4.5; memory.peak 5.19", "cgroup-v2.rst, Memory Interface Files",
     "The machine does not notice. Swap counts for itself: without memory.swap.max=0 the limit would be "
     "none."},
    {4, "cpu-quota", "Does an endless loop share?", "write(cpu.max, \"20000 100000\"), for (;;)", needs_cpu,
     predict_cpu, run_cpu, without_cpu,
     "In every period of 100 ms the cgroup gets 20 ms of cpu, over all cores together; then it waits for the "
     "next.",
     "Linux 4.15", "cgroup-v2.rst, CPU Interface Files",
     "throttled_usec tells a slow program from one that is held back."},
    {4, "freezer", "Can a whole tree be stopped where it is?", "write(cgroup.freeze, \"1\")", needs_manager,
     predict_freezer, run_freezer, without_freezer,
     "All processes of the cgroup stop, also those that are born meanwhile; they can still be killed. Unlike "
     "SIGSTOP, "
     "nobody inside or beside can let them go on, and none of them can tell.",
     "Linux 5.2", "cgroup-v2.rst, Core Interface Files",
     "It needs no controller. cloche pause is this one write."},
    {4, "io-and-cpuset", "What of disks and cores?",
     "write(SCOPE/cgroup.subtree_control, \"+io\"), \"+cpuset\"", needs_manager, predict_io, run_io,
     without_io,
     "systemd hands a user's manager the controllers that Delegate= of user@.service names; Debian's names "
     "cpu, memory and "
     "pids.",
     "systemd 252", "systemd.resource-control(5), Delegate=",
     "It takes an administrator's word, once: the file below. Until then cloche refuses --io-weight, "
     "--io-max and --cpuset "
     "and shows the same remedy."},
});

}  // namespace

std::span<const Experiment> chapter_limits() {
  return kExperiments;
}

}  // namespace cloche::lab
