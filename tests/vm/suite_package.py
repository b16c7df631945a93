#!/usr/bin/env python3
"""The Debian package installed, used by an ordinary user, and purged. Runs in a guest, as its root."""
import gzip
import os
import pathlib
import sys
import unittest

import bedside
from bedside import command

PACKAGE = pathlib.Path("/bed/cloche.deb")
PROFILE = pathlib.Path("/etc/apparmor.d/cloche")


def files():
    """What is on the root file system, but for what changes by itself."""
    found = command("find", "/", "-xdev", "(", "-path", "/var/lib/dpkg", "-o", "-path", "/var/log", "-o", "-path", "/bed",
                    "-o", "-path", "/var/cache", "-o", "-path", "/tmp", "-o", "-path", "/var/lib/systemd", ")", "-prune",
                    "-o", "-print", timeout=300)
    return set(found.stdout.splitlines())


class ThePackage(unittest.TestCase):
    """In this order: each test goes on where the one before it ended."""

    @classmethod
    def setUpClass(cls):
        cls.before = files()

    def test_1_installs(self):
        done = command("dpkg", "-i", str(PACKAGE), timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn("rror", done.stderr)

    def test_2_works_for_an_ordinary_user_under_limits(self):
        self.assertTrue(bedside.wait_for_manager())
        ended = command(*bedside.in_session("mkdir -p work && cd work && cloche run --memory 64M --tasks 50 -- "
                                            "sh -c 'id -un; cat /sys/fs/cgroup/memory.max; echo text > made'"))
        self.assertEqual((ended.returncode, ended.stdout.split()), (0, ["tester", str(64 << 20)]), ended.stderr)
        self.assertEqual((bedside.HOME / "work/made").read_text(), "text\n")

    def test_3_brings_its_manual(self):
        page = gzip.open("/usr/share/man/man1/cloche-run.1.gz", "rt").read()
        self.assertIn("tmpfs", page)

    def test_4_puts_the_apparmor_profile_where_it_is_understood(self):
        version = command("apparmor_parser", "--version").stdout.split("version ")[1]
        self.assertEqual(PROFILE.exists(), int(version.split(".")[0]) >= 4)
        # Whatever is there, AppArmor's own start does not trip over it.
        for path in [PROFILE] if PROFILE.exists() else []:
            said = command("apparmor_parser", "--skip-kernel-load", "--skip-cache", str(path))
            self.assertEqual((said.returncode, said.stderr), (0, ""))

    def test_5_goes_without_a_trace(self):
        done = command("dpkg", "--purge", "cloche", timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        left = {path for path in files() - self.before if not path.startswith("/home/tester/work")}
        command("rm", "-rf", "/home/tester/work")
        self.assertEqual(left, set())
        self.assertEqual(bedside.leftovers(), [])


if __name__ == "__main__":
    if not PACKAGE.exists() or os.getuid() != 0:
        sys.exit("there is no package here: tests/package/build.sh build-package, and then a guest (bed.py)")
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(
        unittest.defaultTestLoader.loadTestsFromTestCase(ThePackage))
    sys.exit(not result.wasSuccessful())
