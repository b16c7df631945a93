#!/usr/bin/env python3
"""Nothing is left, whatever ends a run; many at once; and a page that says how it went."""
import json
import os
import shlex
import signal
import sys
import time

import bedside
from bedside import CLOCHE, UNIFIED, command

MANY = 200
HOG = "held = [b'x' * (1 << 20) for _ in range(400)]"
BOMB = "bomb() { bomb | bomb & }; bomb; wait; sleep 1000"


class Ends:
    """Each test ends a run in its own way; bedside.Case looks afterwards for what is left of it."""

    def started(self, name, *words):
        running = self.begin("--name", name, *words)
        self.until_running(name)
        return running

    def act(self, *words):
        return command(*self.start(shlex.join([CLOCHE, *words])))

    def killed(self, name, who, running):
        os.kill(bedside.running()[name][who], signal.SIGKILL)
        running.communicate(timeout=60)

    def test_cloche_is_killed(self):
        running = self.started("victim", "--", "sh", "-c", "sleep 1000 & setsid sleep 1000 & wait")
        self.killed("victim", "supervisor", running)

    def test_cloche_is_killed_as_its_scope_is_made(self):
        # One that is given a dead process would stay.
        scope = bedside.MANAGED / "cloche.slice/cloche-victim.scope"
        script = (f"for i in $(seq 20); do {CLOCHE} run --name victim -- sleep 1000 & cloche=$!; until [ -d {scope} ]; do :; done; "
                  f"kill -KILL $cloche; wait; for j in $(seq 200); do [ -d {scope} ] || continue 2; sleep 0.1; done; exit 1; done")
        self.assertEqual(command(*self.start(script), timeout=200).returncode, 0)

    def test_pid_1_is_killed(self):
        running = self.started("victim", "--", "sleep", "1000")
        self.killed("victim", "pid", running)
        if self.start is bedside.in_session:
            self.assertEqual(running.returncode, 137)

    def test_cloche_is_killed_while_paused(self):
        running = self.started("victim", "--", "sleep", "1000")
        self.assertEqual(self.act("pause", "victim").returncode, 0)
        self.killed("victim", "supervisor", running)

    def test_cloche_is_killed_with_somebody_inside(self):
        running = self.started("victim", "--", "sleep", "1000")
        inside = bedside.subprocess.Popen(self.start(shlex.join([CLOCHE, "exec", "victim", "--", "sleep", "1000"])))
        self.assertTrue(bedside.until(lambda: command("pgrep", "-f", "exec victim").stdout, 30))
        time.sleep(1)
        self.killed("victim", "supervisor", running)
        self.assertNotEqual(inside.wait(timeout=60), 0)

    def test_the_scope_is_stopped(self):
        running = self.started("victim", "--", "sleep", "1000")
        bedside.user_manager("stop", "cloche-victim.scope")
        running.communicate(timeout=60)
        self.assertNotEqual(running.returncode, 0)

    def test_a_timeout(self):
        ended = self.cloche("--timeout", "1s", "--", "sh", "-c", "trap '' TERM; setsid sleep 1000 & sleep 1000; sleep 1000")
        self.assertEqual((ended.returncode, ended.report["reason"]), (124, "timeout"), ended.stderr)


class Sampling:
    def test_costs_less_than_a_percent_of_a_core(self):
        running = self.begin("--name", "sampled", "--report", "page.html", "--", "sleep", "1000")
        self.until_running("sampled")
        supervisor = bedside.running()["sampled"]["supervisor"]

        def used():  # seconds on a cpu, from nanoseconds
            return int(open(f"/proc/{supervisor}/schedstat", encoding="ascii").read().split()[0]) / 1e9

        time.sleep(1)
        before, begun = used(), time.monotonic()
        time.sleep(8)
        share = (used() - before) / (time.monotonic() - begun)
        command(*bedside.as_user(CLOCHE, "kill", "sampled"))
        running.communicate(timeout=60)
        print(f"{share:.2%} of a core ", end="", flush=True)
        self.assertLess(share, 0.01)


class EndsAtALimit(Ends):
    """These would harm a host whose kernel does not hold the limits."""

    def test_a_fork_bomb_times_out(self):
        ended = self.cloche("--tasks", "100", "--timeout", "3s", "--", "bash", "-c", BOMB, timeout=180)
        self.assertEqual(ended.report["reason"], "timeout", ended.stderr)
        self.assertGreater(ended.report["tasks"]["refused"], 0)

    def test_cloche_is_killed_under_a_fork_bomb(self):
        running = self.started("bomb", "--tasks", "100", "--", "bash", "-c", BOMB)
        time.sleep(2)
        self.killed("bomb", "supervisor", running)

    def test_a_storm_of_processes_out_of_memory(self):
        storm = f'for i in $(seq 10); do python3 -c "{HOG}" & done; wait; echo survived'
        for _ in range(3):
            ended = self.cloche("--name", "storm", "--memory", "64M", "--", "bash", "-c", storm, timeout=180)
            self.assertEqual((ended.returncode, ended.stdout), (137, ""), ended.stderr)
            self.assertEqual(ended.report["reason"], "out-of-memory")

    def test_a_page_shows_the_run(self):
        script = "import time; held = b'x' * (30 << 20); time.sleep(3)"
        page = bedside.HOME / "page.html"
        page.unlink(missing_ok=True)
        self.cloche("--report", "page.html", "--memory", "64M", "--cpus", "1.5", "--", "python3", "-c", script)
        text = page.read_text()
        for words in ("<svg", "limit 64.0 MiB", "limit 1.5", "limit 4096", "succeeded"):
            self.assertIn(words, text)
        memory = text.split("<b>Memory</b>")[1].split("</figure>")[0]
        self.assertGreater(memory.count("L"), 6, "there are hardly any samples of the memory")


class Many:
    """Two hundred sandboxes started together, each with limits of its own."""

    def test_two_hundred_at_once_are_all_right(self):
        real = "memory" in bedside.delegated()
        folder = bedside.HOME / "many"
        limits = "--memory $((20 + i))M --tasks $((20 + i))" if real else ""
        look = "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max" if real else "true"
        script = (f"rm -rf many; mkdir many; for i in $(seq {MANY}); do {CLOCHE} run --name many-$i {limits} --report "
                  f"many/$i.json -- sh -c '{look}; sleep 1; exit '$((i % 100)) >many/$i.out 2>many/$i.err & done; wait")
        begun = time.monotonic()
        ended = command(*self.start(script), timeout=600)
        print(f"{MANY} at once: {time.monotonic() - begun:.1f} s ", end="", flush=True)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        for i in range(1, MANY + 1):
            with self.subTest(run=i):
                errors = (folder / f"{i}.err").read_text()
                report = json.loads((folder / f"{i}.json").read_text())
                self.assertEqual((report["reason"], report["exit_status"]), ("exited", i % 100), errors)
                if real:
                    self.assertEqual((folder / f"{i}.out").read_text(), f"{(20 + i) << 20}\n{20 + i}\n", errors)
                    self.assertEqual((report["memory"]["limit_bytes"], report["tasks"]["limit"]), ((20 + i) << 20, 20 + i))

    def test_the_slice_is_empty_afterwards(self):
        slices = list(UNIFIED.rglob("cloche.slice"))
        self.assertEqual([str(below) for one in slices for below in one.iterdir() if below.is_dir() and below.name != bedside.KEEPER], [])


if __name__ == "__main__":
    if not bedside.wait_for_manager():
        sys.exit("the user's manager did not come up")
    holds = {"memory", "pids"} <= set(bedside.delegated())
    # Two hundred logins' worth of work is done once: it takes an emulated guest more than a minute.
    sys.exit(bedside.run(bedside.begin_everywhere(EndsAtALimit if holds else Ends)
                         + bedside.begin_in_session(Sampling, Many)))
