// Writes pages of runs with all that a run can have, for the browser to open: make_pages FOLDER.
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "cli/page.h"

namespace {

using namespace cloche;

constexpr std::uint64_t kMiB = 1 << 20;

/// `count` samples of something that grows, breathes and writes.
std::vector<Sample> samples(int count, double seconds, std::uint64_t memory, std::uint64_t tasks) {
  std::vector<Sample> made;
  for (int i = 0; i <= count; ++i) {
    const double share = static_cast<double>(i) / count;
    const double wave = 0.5 + 0.5 * std::sin(share * 40);
    Usage usage;
    usage.memory =
        static_cast<std::uint64_t>(static_cast<double>(memory) * (0.2 + 0.8 * share * (0.7 + 0.3 * wave)));
    usage.tasks = 1 + static_cast<std::uint64_t>(static_cast<double>(tasks - 1) * wave);
    usage.cpu_usec = static_cast<std::uint64_t>(share * seconds * 1.4e6 + 4e4 * wave);
    usage.throttled_usec = static_cast<std::uint64_t>(share * seconds * 2e5);
    usage.io_read_bytes = static_cast<std::uint64_t>(80e6 * share * share);
    usage.io_write_bytes = static_cast<std::uint64_t>(30e6 * share);
    usage.cpu_pressure_usec = static_cast<std::uint64_t>(share * seconds * 3e5 + 2e4 * wave);
    usage.memory_pressure_usec = static_cast<std::uint64_t>(share * share * seconds * 2e5);
    usage.io_pressure_usec = static_cast<std::uint64_t>(share * seconds * 5e4);
    made.push_back({share * seconds, usage});
  }
  return made;
}

Figures figures(const std::vector<Sample>& samples) {
  Figures used;
  used.memory_peak = samples.back().usage.memory;
  used.oom_kills = 0;
  used.cpu_user_usec = *samples.back().usage.cpu_usec * 4 / 5;
  used.cpu_system_usec = *samples.back().usage.cpu_usec / 5;
  used.cpu_throttled_usec = samples.back().usage.throttled_usec;
  used.tasks_peak = 37;
  used.tasks_refused = 0;
  used.io_read_bytes = samples.back().usage.io_read_bytes;
  used.io_write_bytes = samples.back().usage.io_write_bytes;
  return used;
}

struct Run {
  Plan plan;
  Outcome outcome;
};

Run short_run() {
  Run run;
  run.plan.name = "true-4711";
  run.plan.command = {"make", "-j8"};
  run.plan.cgroup.limits.tasks = 4096;
  run.plan.cgroup.tasks_by_default = true;
  run.outcome.reason = Reason::exited;
  run.outcome.exit_status = 0;
  run.outcome.wall = std::chrono::milliseconds(2340);
  run.outcome.tasks_limited = true;
  run.outcome.samples = samples(90, 2.34, 310 * kMiB, 37);
  run.outcome.figures = figures(run.outcome.samples);
  run.outcome.figures.cpu_throttled_usec = 0;
  run.outcome.enforced = {"namespaces", "no-new-privs", "capabilities", "seccomp", "landlock", "tasks"};
  run.outcome.denials = std::vector<Denial>{};
  return run;
}

Run everything() {
  Run run = short_run();
  run.plan.name = "build";
  run.plan.command = {"sh", "-c", "printf '%s\\n' <script>alert(1)</script> && make -C \"sub dir\" all"};
  LimitsSpec& limits = run.plan.cgroup.limits;
  limits = {.memory = 64 * kMiB,
            .memory_high = 56 * kMiB,
            .swap = 0,
            .cpus = 1500,
            .cpu_weight = 50,
            .io_weight = 20,
            .tasks = 40,
            .cpuset = "0-3,7"};
  limits.io_max = {{"/dev/nvme0n1", {{"rbps", 10 * kMiB}, {"wiops", 200}}}};
  limits.cpu_time = std::chrono::minutes(5);
  run.plan.cgroup.tasks_by_default = false;
  run.plan.timeout = std::chrono::minutes(10);
  run.plan.rlimits = {{"nofile", 1024, 4096}, {"core", 0, kUnlimited}};
  run.outcome.reason = Reason::out_of_memory;
  run.outcome.exit_status = 137;
  run.outcome.signal = 9;
  run.outcome.wall = std::chrono::milliseconds(73'400);
  run.outcome.samples = samples(400, 73.4, 64 * kMiB, 40);
  run.outcome.figures = figures(run.outcome.samples);
  run.outcome.figures.oom_kills = 3;
  run.outcome.figures.tasks_refused = 12;
  run.outcome.degraded = {
      {"id-range", "a range of ids", "there are no subordinate ids for anna in /etc/subuid",
       "have an administrator run: usermod --add-subuids 100000-165535 anna"},
      {"landlock-tcp", "TCP rules of Landlock", "this kernel's Landlock has ABI 2", ""}};
  run.outcome.denials =
      std::vector<Denial>{{.syscall = "mount", .error = EPERM, .count = 3, .process = "make", .pid = 12},
                          {.syscall = "bpf", .error = EPERM, .process = "bad"}};
  return run;
}

Run no_cgroup() {
  Run run = short_run();
  run.outcome.samples.clear();
  run.outcome.figures = {};
  run.outcome.tasks_limited = false;
  run.outcome.degraded = {{"tasks-limit", "a limit of 4096 tasks",
                           "there is no bus of the user's systemd to ask",
                           "log in through ssh or a display manager"}};
  run.outcome.denials.reset();
  return run;
}

Run long_words() {
  Run run = everything();
  run.plan.name = std::string(120, 'n');
  run.plan.command = {"/home/anna/" + std::string(300, 'x') + "/configure",
                      "--prefix=" + std::string(200, '/')};
  for (int i = 0; i < 40; ++i)
    run.plan.command.push_back("--with-option-" + std::to_string(i) + "=yes please");
  run.plan.cgroup.limits.tasks = 4096;
  run.plan.cgroup.limits.cpus = 64000;
  run.plan.cgroup.limits.memory = std::uint64_t{1} << 40;
  run.plan.cgroup.limits.memory_high.reset();
  run.plan.cgroup.limits.cpuset = "0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30,32,34,36,38,40,42,44,46,48";
  run.outcome.reason = Reason::signaled;
  run.outcome.exit_status = 139;
  run.outcome.signal = 11;
  run.outcome.wall = std::chrono::hours(31);
  run.outcome.samples = samples(400, 31 * 3600.0, 900 * 1024 * kMiB, 3900);
  run.outcome.figures = figures(run.outcome.samples);
  run.outcome.degraded.push_back({"x", std::string(200, 'w'), std::string(200, 'r'), std::string(200, 'h')});
  const Argument path{"path", std::string(150, 'p'), true, false};
  run.outcome.denials =
      std::vector<Denial>(60, {.syscall = "openat", .arguments = std::vector{path}, .error = EACCES});
  return run;
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) {
    std::cerr << "Usage: make_pages FOLDER\n";
    return 2;
  }
  const std::pair<const char*, Run> runs[] = {{"short", short_run()},
                                              {"everything", everything()},
                                              {"no-cgroup", no_cgroup()},
                                              {"long", long_words()}};
  for (const auto& [name, run] : runs) {
    std::ofstream file(std::filesystem::path(words[1]) / (std::string(name) + ".html"));
    file << cli::page_html(run.plan, run.outcome);
    if (!file.flush()) {
      std::cerr << "make_pages: cannot write " << name << ".html into " << words[1] << "\n";
      return 1;
    }
  }
}
