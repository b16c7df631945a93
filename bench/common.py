"""Runs commands in turn and compares their medians: what every benchmark here shares."""
import os
import random
import statistics
import subprocess
import sys
import time


def system_view():
    """bubblewrap's options for the host's system, read-only."""
    options = ["--ro-bind", "/usr", "/usr", "--ro-bind", "/etc", "/etc"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        if os.path.islink("/" + name):
            options += ["--symlink", os.readlink("/" + name), "/" + name]
        elif os.path.isdir("/" + name):
            options += ["--ro-bind", "/" + name, "/" + name]
    return options


class Sample:
    def __init__(self):
        self.wall, self.cpu, self.peak = [], [], []


def run_once(command, **options):
    """Wall and cpu time in ms of one run; the cpu time is that of the processes that were waited for."""
    begin = time.perf_counter()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, **options)
    said = child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    wall = (time.perf_counter() - begin) * 1e3
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stderr.close()
    if child.returncode != 0:
        sys.exit(f"{' '.join(command)} failed with {child.returncode}: {said.decode(errors='replace')}")
    return wall, (used.ru_utime + used.ru_stime) * 1e3


def add_usage(samples, commands, usage, rounds=20):
    """Replaces the cpu time by that of all processes, and adds the peak memory in KiB: runs of their own, through
    bench/usage.c."""
    for name, command in commands.items():
        samples[name].cpu.clear()
        for _ in range(rounds):
            read, write = os.pipe()
            child = os.posix_spawn(usage, [usage, *command], os.environ,
                                   file_actions=[(os.POSIX_SPAWN_DUP2, write, 3)])
            os.close(write)
            with open(read) as told:
                cpu, peak = told.read().split()
            if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
                sys.exit(f"{' '.join(command)} failed")
            samples[name].cpu.append(int(cpu) / 1e3)
            samples[name].peak.append(int(peak))


def interleaved(commands, rounds, warm_up=3, options=None, run=run_once, prepare=lambda: None):
    """{name: Sample}; every round runs each command once, in another order each time, so that neither a noisy moment nor
    what one leaves behind (the kernel takes namespaces down long after the process has ended) meets always the same.
    The orders are the same for every call. `prepare` is called before each. `options`: what `run` gets for some, by
    name."""
    samples = {name: Sample() for name in commands}
    names = list(commands)
    orders = random.Random(1)
    for turn in range(rounds + warm_up):
        orders.shuffle(names)
        for name in names:
            command = commands[name]
            prepare()
            wall, cpu = run(command, **(options or {}).get(name, {}))
            if turn >= warm_up:
                samples[name].wall.append(wall)
                samples[name].cpu.append(cpu)
    return samples


def table(samples, baseline):
    base = statistics.median(samples[baseline].wall)
    print(f"{'':28} {'median ms':>10} {'p95 ms':>8} {'cpu ms':>8} {'peak KiB':>9} {'ratio':>7}")
    for name, sample in samples.items():
        wall = sorted(sample.wall)
        peak = f"{statistics.median(sample.peak):.0f}" if sample.peak else "-"
        print(f"{name:28} {statistics.median(wall):10.2f} {wall[int(len(wall) * 0.95)]:8.2f} "
              f"{statistics.median(sample.cpu):8.2f} {peak:>9} {statistics.median(wall) / base:7.2f}")


def ratio(samples, one, other):
    return statistics.median(samples[one].wall) / statistics.median(samples[other].wall)


def verdict(label, value, target):
    print(f"{label}: {value:.2f} (to reach: at most {target}) {'reached' if value <= target else 'NOT reached'}")
