#!/usr/bin/env python3
"""The cgroup that is kept between runs from inside the user's manager. Runs in a bed, or as an ordinary user."""
import os
import signal
import sys
import time

import bedside
from bedside import CLOCHE, KEEPER, Case, command, in_manager, in_session

HELD = bedside.MANAGED / "cloche.slice" / KEEPER
HOG = "held = [b'x' * (1 << 20) for _ in range(400)]"


def keeper():
    """Its process, once it has moved to its own part of the cgroup; 0 before."""
    leaf = HELD / "keeper/cgroup.procs"
    return int(leaf.read_text() or 0) if leaf.exists() else 0


def is_up():
    return keeper() > 0


def supervisor_of(word):
    return int(command("pgrep", "-u", str(bedside.UID), "-f", f"^{CLOCHE} run .*{word}").stdout.split()[0])


class FromTheManager(Case):
    start = staticmethod(in_manager)

    def setUp(self):
        super().setUp()
        self.cloche("--", "true")
        self.assertTrue(bedside.until(is_up), "no keeper has come up")

    def begin_inside(self, *words):
        """A run in the keeper's cgroup. A slow guest may take longer to start one than the keeper waits: then again."""
        for _ in range(4):
            running = self.begin(*words)
            if bedside.until(lambda: self.runs() or running.poll() is not None, 30) and self.runs():
                return running
            command("pkill", "-u", str(bedside.UID), "-f", f"^{CLOCHE} run ")  # it has a scope: the keeper had gone
            running.communicate(timeout=60)
        self.fail("no run has come into the keeper's cgroup")

    @staticmethod
    def runs():
        return [path.name for path in HELD.glob("cloche-*")]

    def test_a_further_run_is_born_in_it_with_its_limits_in_force(self):
        real = {"memory", "pids"} <= set(bedside.delegated())
        limits = ("--memory", "64M", "--tasks", "31") if real else ()
        look = "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max;" if real else ""
        running = self.begin_inside(*limits, "--", "sh", "-c", look + "sleep 3")
        self.assertEqual(running.communicate(timeout=60)[0], f"{64 << 20}\n31\n" if real else "")

    def test_a_run_with_a_name_has_a_scope_of_its_own(self):
        running = self.begin("--name", "known", "--", "sleep", "1000")
        self.until_running("known")
        self.assertIn("cloche-known.scope", bedside.user_manager("list-units", "--plain", "--no-legend").stdout)
        command(*bedside.as_user(CLOCHE, "kill", "known"))
        running.communicate(timeout=60)

    def test_a_killed_run_is_tidied_up(self):
        running = self.begin_inside("--", "sleep", "12345")
        os.kill(supervisor_of("12345"), signal.SIGKILL)
        running.communicate(timeout=60)
        self.assertTrue(bedside.until(lambda: not self.runs()), self.runs())

    def test_it_goes_by_itself_when_nothing_runs(self):
        self.assertTrue(bedside.until(lambda: not HELD.exists(), 60))
        self.assertEqual(bedside.user_manager("list-units", "--all", "--plain", "--no-legend", KEEPER).stdout.strip(), "")

    def test_it_stays_as_long_as_something_runs(self):
        running = self.begin_inside("--", "sleep", "20")
        time.sleep(15)
        self.assertTrue(is_up())
        self.assertEqual(running.wait(timeout=60), 0)

    def test_a_killed_keeper_takes_nothing_with_it(self):
        running = self.begin_inside("--", "sh", "-c", "sleep 5; exit 7")
        os.kill(keeper(), signal.SIGKILL)
        self.assertEqual(running.wait(timeout=60), 7)
        self.assertEqual(self.cloche("--", "sh", "-c", "exit 8").returncode, 8)

    def test_a_run_out_of_memory_does_not_end_another(self):
        if "memory" not in bedside.delegated():
            self.assertEqual(self.cloche("--memory", "64M", "--", "true").returncode, 125)
            return
        running = self.begin_inside("--", "sh", "-c", "sleep 8; exit 7")
        self.assertEqual(self.cloche("--memory", "32M", "--", "python3", "-c", HOG).report["reason"], "out-of-memory")
        self.assertEqual(running.wait(timeout=60), 7)

    def test_a_limit_that_it_lacks_is_refused_in_the_words_of_a_scope(self):
        ended = self.cloche("--io-weight", "50", "--", "true")
        self.assertEqual(ended.returncode, 125)
        self.assertIn("--io-weight needs the cgroup controller io", ended.stderr)


class FromASession(Case):
    start = staticmethod(in_session)

    def test_none_is_started(self):
        bedside.until(lambda: not HELD.exists(), 60)
        self.assertEqual(self.cloche("--", "true").returncode, 0)
        self.assertFalse(HELD.exists())


if __name__ == "__main__":
    if not bedside.wait_for_manager():
        sys.exit("the user's manager did not come up")
    sys.exit(bedside.run([FromTheManager, FromASession]))
