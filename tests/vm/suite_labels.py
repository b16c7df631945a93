#!/usr/bin/env python3
"""Labels of the security modules, switched at exec. Runs in a guest, as its root.

Debian's kernel has AppArmor on. Booted with "lsm=selinux", it has SELinux without a policy instead.
"""
import pathlib
import sys

import bedside
from bedside import CLOCHE, Case, command

PROFILE = """abi <abi/3.0>,
profile cloche-suite flags=(attach_disconnected) {
  file,
  capability,
  deny /etc/os-release r,
  deny /usr/lib/os-release r,
  deny network inet dgram,
}
"""
LABEL = "cat /proc/self/attr/current"
READ = "head -n 1 /etc/os-release"
DATAGRAM = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"


def modules():
    return pathlib.Path("/sys/kernel/security/lsm").read_text().split(",")


class AppArmor(Case):
    @classmethod
    def setUpClass(cls):
        loaded = command("sh", "-c", 'printf %s "$1" | apparmor_parser --replace --skip-cache', "sh", PROFILE)
        assert loaded.returncode == 0, loaded.stderr

    @classmethod
    def tearDownClass(cls):
        command("sh", "-c", 'printf %s "$1" | apparmor_parser --remove', "sh", PROFILE)

    def test_a_run_is_confined_by_the_profile(self):
        ended = self.cloche("--apparmor", "cloche-suite", "--", "sh", "-c", LABEL)
        self.assertEqual((ended.returncode, ended.stdout), (0, "cloche-suite (enforce)\n"), ended.stderr)
        self.assertIn("apparmor", ended.report["enforced"])

    def test_what_the_profile_denies_is_refused_and_only_with_it(self):
        for words in (["sh", "-c", READ], ["python3", "-c", DATAGRAM]):
            with self.subTest(words[0]):
                self.assertEqual(self.cloche("--", *words).returncode, 0)
                refused = self.cloche("--apparmor", "cloche-suite", "--", *words)
                self.assertNotEqual(refused.returncode, 0)
                self.assertIn("ermission denied", refused.stderr)

    def test_a_further_command_is_confined_as_well(self):
        running = self.begin("--apparmor", "cloche-suite", "--name", "labelled", "--", "sleep", "1000")
        self.until_running("labelled")
        inside = command(*bedside.as_user(CLOCHE, "exec", "labelled", "--", "sh", "-c", LABEL))
        command(*bedside.as_user(CLOCHE, "kill", "labelled"))
        running.communicate(timeout=60)
        self.assertEqual((inside.returncode, inside.stdout), (0, "cloche-suite (enforce)\n"), inside.stderr)

    def test_the_payload_does_not_get_out_of_it(self):
        ended = self.cloche("--apparmor", "cloche-suite", "--", "sh", "-c",
                            f"echo 'exec unconfined' > /proc/self/attr/exec; {READ}")
        self.assertNotEqual(ended.returncode, 0)
        self.assertNotIn("PRETTY_NAME", ended.stdout)

    def test_a_profile_that_is_not_loaded_is_an_error_that_names_it(self):
        ended = self.cloche("--apparmor", "no-such-profile", "--", "true")
        self.assertEqual(ended.returncode, 125)
        self.assertIn("no-such-profile", ended.stderr)
        self.assertIn("apparmor_parser", ended.stderr)

    def test_the_other_module_is_an_error(self):
        ended = self.cloche("--selinux-label", "user_u:user_r:user_t:s0", "--", "true")
        self.assertEqual(ended.returncode, 125)
        self.assertIn("SELinux is not switched on here", ended.stderr)


class SELinuxWithoutAPolicy(Case):
    """The kernel then takes any label, and none means anything."""

    def test_a_label_is_an_error_that_says_so(self):
        for label in ("unlabeled", "user_u:user_r:user_t:s0"):
            ended = self.cloche("--selinux-label", label, "--", "true")
            self.assertEqual(ended.returncode, 125)
            self.assertIn(label, ended.stderr)
            self.assertIn("or has no policy", ended.stderr)

    def test_the_other_module_is_an_error(self):
        ended = self.cloche("--apparmor", "cloche-suite", "--", "true")
        self.assertEqual(ended.returncode, 125)
        self.assertIn("AppArmor is not switched on here", ended.stderr)


if __name__ == "__main__":
    if not bedside.IN_BED:
        sys.exit("profiles are loaded by root: this runs in a guest (bed.py)")
    sys.exit(bedside.run([SELinuxWithoutAPolicy if "selinux" in modules() else AppArmor]))
