#!/usr/bin/env python3
"""Resource limits without root, where they are real. Runs in a bed (bed.py), as its root."""
import pathlib
import shutil
import sys
import unittest

import bedside
from bedside import CLOCHE, Case, command, in_session

MIB = 1 << 20
DROP_IN = pathlib.Path("/etc/systemd/system/user@.service.d/delegate.conf")
HOG = ("python3", "-c", "held = [b'x' * (1 << 20) for _ in range(400)]")
BUSY = "import time\nend = time.monotonic() + {}\nwhile time.monotonic() < end: pass"
# What the payload itself sees of its cgroup while it is busy: the start-up's pauses do not count.
SHARE = """import time
def used(): return int(open("/sys/fs/cgroup/cpu.stat").readline().split()[1]) / 1e6
begun, before = time.monotonic(), used()
while time.monotonic() < begun + 6: pass
print((used() - before) / (time.monotonic() - begun))"""


class Limits:
    """The tests themselves; each way to start cloche runs them all."""

    def test_a_memory_hog_is_killed_and_reported_as_out_of_memory(self):
        ended = self.cloche("--memory", "64M", "--", *HOG)
        self.assertEqual(ended.returncode, 137, ended.stderr)
        self.assertEqual(ended.report["reason"], "out-of-memory")
        self.assertGreaterEqual(ended.report["memory"]["oom_kills"], 1)
        self.assertEqual(ended.report["memory"]["limit_bytes"], 64 * MIB)
        if ended.report["memory"]["peak_bytes"] is not None:
            self.assertLessEqual(ended.report["memory"]["peak_bytes"], 64 * MIB)

    def test_a_hog_below_the_first_process_takes_the_whole_payload_along(self):
        ended = self.cloche("--memory", "64M", "--", "sh", "-c", '"$@"; echo survived', "sh", *HOG)
        self.assertEqual((ended.returncode, ended.stdout), (137, ""), ended.stderr)
        self.assertEqual(ended.report["reason"], "out-of-memory")

    def test_another_kill_is_not_taken_for_out_of_memory(self):
        ended = self.cloche("--memory", "64M", "--", "sh", "-c", "kill -9 $$")
        self.assertEqual(ended.returncode, 137)
        self.assertEqual(ended.report["reason"], "signaled")

    def test_a_fork_bomb_is_held(self):
        ended = self.cloche("--tasks", "20", "--", "bash", "-c", "for i in {1..60}; do sleep 2 & done 2>/dev/null; wait")
        self.assertGreater(ended.report["tasks"]["refused"], 0, ended.stderr)
        self.assertEqual(ended.report["tasks"]["limit"], 20)
        if ended.report["tasks"]["peak"] is not None:
            self.assertLessEqual(ended.report["tasks"]["peak"], 20)

    def test_the_cpu_is_held_to_its_quota(self):
        ended = self.cloche("--cpus", "0.3", "--", "python3", "-c", SHARE)
        self.assertLess(abs(float(ended.stdout) - 0.3), 0.03, ended.stdout)
        self.assertGreater(ended.report["cpu"]["throttled_seconds"], 0)

    def test_cpu_time_ends_the_whole_tree(self):
        ended = self.cloche("--cpu-time", "2s", "--", "sh", "-c", 'python3 -c "$1" & python3 -c "$1" & wait', "sh",
                            BUSY.format(60))
        self.assertEqual(ended.returncode, 124, ended.stderr)
        self.assertEqual(ended.report["reason"], "cpu-time")
        self.assertLess(ended.report["wall_seconds"], 30)

    def test_the_payload_sees_its_limits_and_cannot_change_them(self):
        script = ("cat /proc/self/cgroup /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory.swap.max /sys/fs/cgroup/pids.max "
                  "/sys/fs/cgroup/cpu.max; echo 1G 2>/dev/null >/sys/fs/cgroup/memory.max && echo changed; true")
        ended = self.cloche("--memory", "64M", "--tasks", "50", "--cpus", "1.5", "--", "sh", "-c", script)
        self.assertEqual(ended.stdout.split("\n")[:5],
                         ["0::/", str(64 * MIB), "0", "50", "150000 100000"], ended.stderr)
        self.assertNotIn("changed", ended.stdout)

    def test_the_default_of_4096_tasks_is_in_force(self):
        ended = self.cloche("--", "cat", "/sys/fs/cgroup/pids.max")
        self.assertEqual(ended.stdout, "4096\n", ended.stderr)
        self.assertEqual(ended.report["tasks"]["limit"], 4096)


class NotDelegated:
    """What Debian's systemd does not give until an administrator says so."""

    def test_io_is_refused_with_the_drop_in(self):
        self.refused("--io-weight", "50", "io")

    def test_cpuset_is_refused_with_the_drop_in(self):
        self.refused("--cpuset", "0", "cpuset")

    def refused(self, option, value, controller):
        ended = self.cloche(option, value, "--", "true")
        self.assertEqual(ended.returncode, 125, ended.stderr)
        for words in (option, f"controller {controller}", "Delegate=cpu cpuset io memory pids", "user@.service.d"):
            self.assertIn(words, ended.stderr)


class AnyKernel:
    """What holds with and without controllers."""

    def test_a_run_without_limits_ends_as_its_command(self):
        self.assertEqual(self.cloche("--", "sh", "-c", "exit 7").returncode, 7)

    def test_the_payload_is_the_root_of_its_cgroup_namespace(self):
        ended = self.cloche("--", "cat", "/proc/self/cgroup")
        self.assertIn("0::/\n", ended.stdout, ended.stderr)

    def test_a_name_in_use_is_refused(self):
        first = self.begin("--name", "twin", "--", "sleep", "1000")
        try:
            self.until_running("twin")
            second = self.cloche("--name", "twin", "--", "true")
            self.assertEqual(second.returncode, 125)
            self.assertIn("running already", second.stderr)
        finally:
            command(*bedside.as_user(CLOCHE, "kill", "twin"))
            first.communicate(timeout=60)

    @unittest.skipUnless(bedside.IN_BED, "it would kill the bus that a person works with")
    def test_a_bus_that_dies_mid_run_changes_nothing(self):
        running = self.begin("--name", "busless", "--", "sh", "-c", "sleep 5; exit 3")
        self.until_running("busless")
        bedside.user_manager("kill", "--signal=KILL", "dbus.service")
        _, errors = running.communicate(timeout=60)
        if self.start is in_session:  # systemd-run itself waits on that bus
            self.assertEqual(running.returncode, 3, errors)

    def test_thirty_at_once_are_all_right(self):
        # From one shell: thirty systemd-run at once are more than an emulated guest's systemd can bear.
        line = f'for i in $(seq 30); do ({CLOCHE} run -- sh -c "sleep 1; exit $i"; echo $i $?) & done; wait'
        ended = command(*self.start(line), timeout=300)
        self.assertEqual(sorted(ended.stdout.splitlines()), sorted(f"{i} {i}" for i in range(1, 31)), ended.stderr)


class NoController:
    """Where the cgroup v2 tree has no controllers, a limit is refused and a default is given up aloud."""

    def test_each_limit_is_refused_by_name(self):
        for option, value, controller in (("--memory", "64M", "memory"), ("--cpus", "1", "cpu"), ("--tasks", "9", "pids")):
            with self.subTest(option):
                ended = self.cloche(option, value, "--", "true")
                self.assertEqual(ended.returncode, 125)
                self.assertIn(option, ended.stderr)
                self.assertIn(f"controller {controller}", ended.stderr)
                self.assertIn("cgroup v1", ended.stderr)  # which is why there is none

    def test_the_default_becomes_a_degradation(self):
        ended = self.cloche("--", "true")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        lost = {one["feature"]: one for one in ended.report["degraded"]}
        self.assertIn("cgroup v1", lost["tasks-limit"]["reason"])
        self.assertIsNone(ended.report["tasks"]["limit"])

    def test_unlimited_may_be_allowed(self):
        ended = self.cloche("--memory", "64M", "--allow", "unlimited", "--", "true")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertTrue(ended.report["degraded"])


class NoManager(bedside.WithoutAManager):
    def test_a_limit_is_refused_and_lingering_named(self):
        ended = self.cloche("--memory", "64M", "--", "true")
        self.assertEqual(ended.returncode, 125, ended.stderr)
        self.assertIn("loginctl enable-linger tester", ended.stderr)

    def test_a_run_without_limits_says_what_it_lacks(self):
        ended = self.cloche("--", "true")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn("tasks-limit", [lost["feature"] for lost in ended.report["degraded"]])


class AfterTheDropIn(Case):
    """An administrator's word and a new manager, and io and cpuset work."""

    @classmethod
    def setUpClass(cls):
        DROP_IN.parent.mkdir(parents=True, exist_ok=True)
        DROP_IN.write_text("[Service]\nDelegate=cpu cpuset io memory pids\n")
        bedside.renew_manager()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(DROP_IN.parent)
        bedside.renew_manager()

    def test_io_and_cpuset_are_in_force(self):
        ended = self.cloche("--io-weight", "50", "--cpuset", "0", "--", "sh", "-c",
                            "cat /sys/fs/cgroup/io.weight /sys/fs/cgroup/cpuset.cpus; nproc")
        self.assertEqual(ended.stdout, "default 50\n0\n1\n", ended.stderr)

    def test_a_disk_is_held_to_its_pace(self):
        command(*self.start("mkdir -p disk"))
        line = "dd if=/dev/zero of=disk/file bs=64k count=64 oflag=direct && cat /sys/fs/cgroup/io.max"
        ended = self.cloche("--rw", "disk", "--workdir", str(bedside.HOME), "--io-max", "/dev/vda:wbps=1M", "--",
                            "sh", "-c", line)
        self.assertIn("wbps=1048576", ended.stdout, ended.stderr)
        self.assertGreaterEqual(ended.report["io"]["write_bytes"], 4 * MIB)
        self.assertGreater(ended.report["wall_seconds"], 3)


class InADelegatedService(Case):
    """Nobody is asked for a cgroup: the run's is one below the service's."""
    start = staticmethod(bedside.in_delegated_service)

    def test_limits_hold_in_its_own_cgroup(self):
        ended = self.cloche("--memory", "64M", "--", *HOG)
        self.assertEqual(ended.returncode, 137, ended.stderr)
        self.assertEqual(ended.report["reason"], "out-of-memory")

    def test_a_second_run_beside_the_first_is_as_good(self):
        line = f"{CLOCHE} run --tasks 30 -- true && {CLOCHE} run --tasks 31 -- cat /sys/fs/cgroup/pids.max"
        ended = command(*self.start(line))
        self.assertEqual((ended.returncode, ended.stdout), (0, "31\n"), ended.stderr)


def main():
    if not bedside.wait_for_manager():
        print("the user's manager did not come up")
        return 1
    real = {"cpu", "memory", "pids"} <= set(bedside.delegated())
    cases = bedside.begin_everywhere(AnyKernel, *([Limits, NotDelegated] if real else [NoController]))
    if bedside.IN_BED and real:  # else no manager could help either
        cases += [NoManager, AfterTheDropIn, InADelegatedService]
    return bedside.run(cases)


if __name__ == "__main__":
    sys.exit(main())
