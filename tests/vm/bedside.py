"""What the suites share: ways to start cloche as an ordinary user, and what must not be left.

In a bed they run as its root and become the user `tester`. On a host with a systemd session they can be run by an
ordinary user too, for what needs no root of them:  CLOCHE_BINARY=build/src/cloche tests/vm/suite_limits.py
"""
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time
import unittest

IN_BED = os.getuid() == 0
UID = 1000 if IN_BED else os.getuid()
HOME = pathlib.Path("/home/tester") if IN_BED else pathlib.Path.home() / "cloche-suite"
CLOCHE = "/bed/cloche" if IN_BED else os.path.abspath(os.environ.get("CLOCHE_BINARY", "build/src/cloche"))
UNIFIED = pathlib.Path("/sys/fs/cgroup")
MANAGED = UNIFIED / f"user.slice/user-{UID}.slice/user@{UID}.service"
RUNTIME = pathlib.Path(f"/run/user/{UID}")
PATIENCE = 90
KEEPER = "cloche-keeper.service"  # goes by itself a few seconds after the last run (suite_keeper.py)
if not IN_BED:
    HOME.mkdir(exist_ok=True)


def delegated():
    """Controllers that the user's manager has to give."""
    manager = MANAGED / "cgroup.controllers"
    return manager.read_text().split() if manager.exists() else []  # not there: a hybrid tree


def command(*arguments, timeout=PATIENCE):
    return subprocess.run(arguments, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)


def in_session(script):
    """From a login: a session scope, whose common ancestor with the user's manager is root's."""
    if IN_BED:
        return ["su", "-", "tester", "-c", script]
    return ["bash", "-c", f"cd {shlex.quote(str(HOME))}; {script}"]


def as_user(*words):
    """With the user's runtime folder, and no session of its own."""
    if IN_BED:
        return ["runuser", "-u", "tester", "--", "env", f"XDG_RUNTIME_DIR={RUNTIME}", *words]
    return [*words]


def in_manager(script, *properties):
    """From a service of the user's own manager."""
    return as_user("systemd-run", "--user", "--quiet", "--pipe", "--wait", "--collect", f"--working-directory={HOME}",
                   *properties, "bash", "-lc", script.replace("$", "$$"))  # systemd expands variables of a line itself


def in_delegated_service(script):
    """From a service of the machine's systemd that is the user's, with its cgroup. (The user's own manager marks none
    of its units as delegated.)"""
    return ["systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--uid=tester", "--property=Delegate=yes",
            f"--working-directory={HOME}", "bash", "-lc", script.replace("$", "$$")]


def user_manager(*words):
    return command(*as_user("systemctl", "--user", *words))


def running():
    """What `cloche ps` lists, by name."""
    listed = command(*as_user(CLOCHE, "ps", "--json")).stdout
    return {row["name"]: row for row in json.loads(listed or "[]")}


def until(condition, patience=20.0):
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def wait_for_manager():
    return until(lambda: (RUNTIME / "bus").exists() and (RUNTIME / "systemd/private").exists(), 60)


def leftovers():
    """Cgroups, units, notes and processes of sandboxes, once those that are about to go have gone. The note of a
    cloche that was killed goes at the next look that anybody has."""
    if (RUNTIME / "cloche").is_dir():
        command(*as_user(CLOCHE, "ps"))

    def found():
        # os.walk passes over folders that vanish under its eyes.
        cgroups = [os.path.join(top, one) for top, below, _ in os.walk(UNIFIED) for one in below
                   if one.startswith("cloche-") and one != KEEPER]
        files = [str(path) for path in RUNTIME.glob("cloche/*")]
        units = user_manager("list-units", "--all", "--plain", "--no-legend", "cloche-*").stdout.split("\n")
        processes = command("pgrep", "-u", str(UID), "-a", "-f", "^(cloche-(init|exec)|" + CLOCHE + ") ").stdout.split("\n")
        units = [x for x in units if x.strip() and "cloche.slice" not in x and KEEPER not in x]
        return cgroups + files + units + [x for x in processes if x]

    end = time.monotonic() + 15
    while (left := found()) and time.monotonic() < end:
        time.sleep(0.1)
    return left


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

    def until_running(self, *names):
        self.assertTrue(until(lambda: set(names) <= set(running()), 60), f"{names} did not start")


class WithoutAManager(Case):
    """Neither a session nor lingering, as after the last logout: no systemd of the user's runs, and no bus."""
    start = staticmethod(lambda script: ["setpriv", "--reuid=1000", "--regid=1000", "--init-groups", "env", "-i",
                                         "HOME=/home/tester", "USER=tester", "PATH=/usr/bin:/bin", "sh", "-c",
                                         "cd /home/tester; " + script])

    def setUp(self):
        command("loginctl", "disable-linger", "tester")
        command("loginctl", "terminate-user", "tester")
        command("systemctl", "stop", "user@1000.service")
        self.assertTrue(until(lambda: not (RUNTIME / "bus").exists()))

    def tearDown(self):
        command("loginctl", "enable-linger", "tester")
        self.assertTrue(wait_for_manager())
        super().tearDown()


def renew_manager():
    """As after a logout of the user everywhere: a drop-in for user@.service is read."""
    command("systemctl", "daemon-reload")
    command("systemctl", "restart", f"user@{UID}.service")
    wait_for_manager()


def begin_everywhere(*parts):
    """Each part as a test case, from a session's scope and from inside the user's manager."""
    return begin_in_session(*parts) + begin_in_manager(*parts)


def begin_in_session(*parts):
    return [begun(part, "FromASession", in_session) for part in parts]


def begin_in_manager(*parts):
    return [begun(part, "FromTheManager", in_manager) for part in parts]


def begun(part, name, start):
    return type(part.__name__ + name, (part, Case), {"start": staticmethod(start)})


class Telling(unittest.TextTestResult):
    """Tells a failure when it happens, for a guest that goes down takes a list at the end with it, and the time of
    a slow test, what comes before and after it included."""

    def startTest(self, test):
        self.begun = time.monotonic()
        super().startTest(test)

    def stopTest(self, test):
        super().stopTest(test)
        if (took := time.monotonic() - self.begun) > 10:
            self.stream.writeln(f"  {took:.0f} s")

    def addError(self, test, err):
        super().addError(test, err)
        self.tell(self.errors)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.tell(self.failures)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.tell(self.failures if issubclass(err[0], test.failureException) else self.errors)

    def tell(self, told):
        self.stream.writeln(told[-1][1])

    def printErrors(self):
        pass


def run(cases):
    """Runs the cases, or those of their tests that a word of the command line is part of; an exit status."""
    print(f"kernel {os.uname().release}, {command('systemctl', '--version').stdout.splitlines()[0]}, "
          f"delegated: {' '.join(delegated()) or 'no controller'}")
    load = unittest.TestLoader().loadTestsFromTestCase
    chosen = sys.argv[1:]
    tests = [test for case in cases for test in load(case) if not chosen or any(word in test.id() for word in chosen)]
    begun = time.monotonic()
    runner = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=Telling)
    result = runner.run(unittest.TestSuite(tests))
    print(f"{time.monotonic() - begun:.0f} s")
    return 0 if result.wasSuccessful() and result.testsRun and not (IN_BED and result.skipped) else 1
