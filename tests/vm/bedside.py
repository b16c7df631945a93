"""What the suites in a bed share: ways to start cloche as the user `tester`, and what must not be left."""
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time
import unittest

HOME = pathlib.Path("/home/tester")
CLOCHE = "/bed/cloche"
UNIFIED = pathlib.Path("/sys/fs/cgroup")
PATIENCE = 90


def delegated():
    """Controllers that the user's manager has to give."""
    manager = UNIFIED / "user.slice/user-1000.slice/user@1000.service/cgroup.controllers"
    return manager.read_text().split()


def command(*arguments, timeout=PATIENCE):
    return subprocess.run(arguments, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)


def in_session(script):
    """From a login: a session scope, whose common ancestor with the user's manager is root's."""
    return ["su", "-", "tester", "-c", script]


def in_manager(script, *properties):
    """From a service of the user's own manager."""
    return ["runuser", "-u", "tester", "--", "env", "XDG_RUNTIME_DIR=/run/user/1000", "systemd-run", "--user", "--quiet",
            "--pipe", "--wait", "--collect", "--working-directory=/home/tester", *properties, "bash", "-lc",
            script.replace("$", "$$")]  # systemd expands variables of a command line itself


def user_manager(*words):
    return command("runuser", "-u", "tester", "--", "env", "XDG_RUNTIME_DIR=/run/user/1000", "systemctl", "--user", *words)


def until(condition, patience=20.0):
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def wait_for_manager():
    return until(lambda: os.path.exists("/run/user/1000/bus") and os.path.exists("/run/user/1000/systemd/private"), 60)


def leftovers():
    """Cgroups, units, notes and processes of sandboxes, once those that are about to go have gone. The note of a
    cloche that was killed goes at the next look that anybody has."""
    if pathlib.Path("/run/user/1000/cloche").is_dir():
        command("runuser", "-u", "tester", "--", "env", "XDG_RUNTIME_DIR=/run/user/1000", CLOCHE, "ps")

    def found():
        # os.walk passes over folders that vanish under its eyes.
        cgroups = [os.path.join(top, one) for top, below, _ in os.walk(UNIFIED) for one in below
                   if one.startswith("cloche-")]
        files = [str(path) for path in pathlib.Path("/run/user/1000").glob("cloche/*")]
        units = user_manager("list-units", "--all", "--plain", "--no-legend", "cloche-*").stdout.split("\n")
        processes = command("pgrep", "-a", "cloche").stdout.split("\n")
        return cgroups + files + [x for x in units if x.strip() and "cloche.slice" not in x] + [x for x in processes if x]

    until(lambda: not found(), 15)
    return found()


class Case(unittest.TestCase):
    """A suite that runs cloche by `start`, and leaves nothing after any of its tests."""
    start = staticmethod(in_session)

    def setUp(self):
        self.assertTrue(wait_for_manager(), "the user's manager is not up")

    def tearDown(self):
        self.assertEqual(leftovers(), [])

    def cloche(self, *words, timeout=PATIENCE):
        """Runs `cloche run OPTIONS`; the finished process, its report as `.report`."""
        report = HOME / "report.json"
        report.unlink(missing_ok=True)
        line = shlex.join([CLOCHE, "run", "--report", str(report), *words])
        ended = command(*self.start(line), timeout=timeout)
        ended.report = json.loads(report.read_text()) if report.exists() else None
        return ended

    def begin(self, *words):
        """Starts `cloche run` and does not wait for it."""
        line = "exec " + shlex.join([CLOCHE, "run", *words])
        return subprocess.Popen(self.start(line), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)


def begin_everywhere(*parts):
    """Each part as a test case, from a session's scope and from inside the user's manager."""
    return [type(f"{part.__name__}{name}", (part, Case), {"start": staticmethod(start)})
            for name, start in (("FromASession", in_session), ("FromTheManager", in_manager)) for part in parts]


def run(cases):
    """Runs the cases, or those of their tests that a word of the command line is part of; an exit status."""
    print(f"kernel {os.uname().release}, {command('systemctl', '--version').stdout.splitlines()[0]}, "
          f"delegated: {' '.join(delegated()) or 'no controller'}")
    load = unittest.TestLoader().loadTestsFromTestCase
    chosen = sys.argv[1:]
    tests = [test for case in cases for test in load(case) if not chosen or any(word in test.id() for word in chosen)]
    begun = time.monotonic()
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(unittest.TestSuite(tests))
    print(f"{time.monotonic() - begun:.0f} s")
    return 0 if result.wasSuccessful() and result.testsRun and not result.skipped else 1
