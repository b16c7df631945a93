#!/usr/bin/env python3
"""The commands that act on running sandboxes, seen in the kernel's own files. Runs in a bed (bed.py), as its root."""
import json
import os
import pathlib
import shlex
import signal
import subprocess
import sys

import bedside
from bedside import CLOCHE, command


class Running:
    """Each test begins with a sandbox that counts in a file of its shared folder."""

    def setUp(self):
        super().setUp()
        self.work = bedside.HOME / "work"
        command(*bedside.in_session("rm -rf work; mkdir work"))
        count = "trap 'exit 9' TERM; i=0; while :; do i=$((i+1)); echo $i >work/count; sleep 0.2; done"
        limits = ["--memory", "64M", "--tasks", "50"] if self.real() else []
        self.running = self.begin("--name", "counter", "--rw", "work", "--report", "report.json", *limits, "--",
                                  "bash", "-c", count)
        self.assertTrue(bedside.until(lambda: self.listed() and self.count(), 60), "it did not start")

    def tearDown(self):
        if self.running.poll() is None:
            self.look("kill", "counter")
        self.running.communicate(timeout=60)
        super().tearDown()

    @staticmethod
    def real():
        return "memory" in bedside.delegated()

    def act(self, *words):
        """From where the sandbox was started: what is written to cgroups and asked of systemd depends on it."""
        return command(*self.start(shlex.join([CLOCHE, *words])))

    def look(self, *words):
        """Without the second that a login takes in an emulated guest."""
        return command(*bedside.as_user(CLOCHE, *words))

    def listed(self):
        return list(bedside.running().values())

    def count(self):
        path = self.work / "count"
        return path.read_text().strip() if path.exists() else ""

    def cgroup(self):
        return pathlib.Path(self.listed()[0]["cgroup"])

    def test_ps_lists_it(self):
        rows = self.listed()
        self.assertEqual([(row["name"], row["state"]) for row in rows], [("counter", "running")])
        self.assertTrue(os.path.exists(f"/proc/{rows[0]['pid']}"))
        self.assertIn("counter", self.look("ps").stdout)

    def test_stats_are_the_kernels(self):
        told = json.loads(self.look("stats", "counter", "--json").stdout)
        self.assertGreater(told["cpu"]["total_seconds"], 0)
        if self.real():
            self.assertEqual(told["memory"]["limit_bytes"], 64 << 20)
            self.assertEqual(told["tasks"]["limit"], 50)
            self.assertGreaterEqual(told["tasks"]["current"], 1)
        else:
            self.assertIsNone(told["memory"]["limit_bytes"])

    def test_inspect_shows_the_plan(self):
        told = json.loads(self.look("inspect", "counter").stdout)
        self.assertEqual(told["plan"]["name"], "counter")

    def test_pause_stops_it_and_resume_lets_it_go_on(self):
        ended = self.act("pause", "counter")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn("frozen 1", (self.cgroup() / "cgroup.events").read_text())
        self.assertEqual(self.listed()[0]["state"], "paused")
        held = self.count()
        self.assertFalse(bedside.until(lambda: self.count() not in (held, ""), 3))
        self.assertEqual(self.act("resume", "counter").returncode, 0)
        self.assertTrue(bedside.until(lambda: self.count() not in (held, "")))

    def test_a_paused_one_can_be_killed(self):
        self.act("pause", "counter")
        self.assertEqual(self.act("kill", "counter").returncode, 0)
        self.running.communicate(timeout=60)
        self.assertEqual(self.running.returncode, 137)

    def test_kill_ends_it(self):
        self.assertEqual(self.act("kill", "counter").returncode, 0)
        self.running.communicate(timeout=60)
        self.assertEqual(self.running.returncode, 137)
        self.assertEqual(json.loads((bedside.HOME / "report.json").read_text())["reason"], "signaled")

    def test_a_signal_reaches_the_command(self):
        self.assertEqual(self.act("kill", "--signal", "TERM", "counter").returncode, 0)
        self.running.communicate(timeout=60)
        self.assertEqual(self.running.returncode, 9)

    def test_update_changes_the_kernels_files(self):
        if not self.real():
            ended = self.act("update", "counter", "--memory", "128M")
            self.assertEqual(ended.returncode, 125)
            self.assertIn("--memory", ended.stderr)
            return
        ended = self.act("update", "counter", "--memory", "128M", "--cpus", "0.5", "--tasks", "77")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        files = [(self.cgroup() / name).read_text().strip() for name in ("memory.max", "cpu.max", "pids.max")]
        self.assertEqual(files, [str(128 << 20), "50000 100000", "77"])

    def test_exec_lands_in_the_same_cgroup_and_under_the_same_limits(self):
        script = "cat /proc/self/cgroup; cat /sys/fs/cgroup/cgroup.procs | wc -l; cat /sys/fs/cgroup/memory.max"
        ended = self.act("exec", "counter", "--", "sh", "-c", script if self.real() else script.rsplit(";", 1)[0])
        self.assertEqual(ended.returncode, 0, ended.stderr)
        lines = ended.stdout.split("\n")
        self.assertIn("0::/", lines)
        self.assertGreaterEqual(int(lines[lines.index("0::/") + 1]), 3, ended.stdout)
        if self.real():
            self.assertIn(str(64 << 20), lines)

    def test_exec_gives_its_commands_status(self):
        self.assertEqual(self.act("exec", "counter", "--", "sh", "-c", "exit 7").returncode, 7)

    def test_a_paused_one_holds_what_enters(self):
        self.act("pause", "counter")
        entering = subprocess.Popen(self.start(shlex.join([CLOCHE, "exec", "counter", "--", "true"])))
        self.assertFalse(bedside.until(lambda: entering.poll() is not None, 3))
        self.act("resume", "counter")
        self.assertEqual(entering.wait(timeout=60), 0)

    def test_a_wrong_name_is_answered_with_the_right_ones(self):
        ended = self.look("kill", "nobody")
        self.assertEqual(ended.returncode, 125)
        self.assertIn("counter", ended.stderr)

    def test_a_stale_entry_is_cleaned_away(self):
        entry = bedside.RUNTIME / "cloche/counter.json"
        text = entry.read_text()
        os.kill(self.listed()[0]["supervisor"], signal.SIGKILL)
        self.running.communicate(timeout=60)
        self.assertTrue(bedside.until(lambda: not self.listed()))
        self.assertFalse(entry.exists())
        self.assertIn("counter", text)

    def test_nobody_else_sees_it(self):
        folder = bedside.RUNTIME / "cloche"
        self.assertEqual(folder.stat().st_mode & 0o777, 0o700)
        self.assertEqual((folder / "counter.json").stat().st_mode & 0o777, 0o600)


class RunningUnderLimits(Running):
    def test_exec_counts_against_the_limit(self):
        hog = "held = [b'x' * (1 << 20) for _ in range(400)]"
        self.assertEqual(self.act("exec", "counter", "--", "python3", "-c", hog).returncode, 137)
        self.running.communicate(timeout=60)  # memory.oom.group: the sandbox goes as a whole
        self.assertEqual(json.loads((bedside.HOME / "report.json").read_text())["reason"], "out-of-memory")


if __name__ == "__main__":
    if not bedside.wait_for_manager():
        sys.exit("the user's manager did not come up")
    sys.exit(bedside.run(bedside.begin_everywhere(RunningUnderLimits if Running.real() else Running)))
