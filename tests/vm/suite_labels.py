#!/usr/bin/env python3
"""Labels of the security modules, switched at exec. Runs in a guest, as its root.

Debian's kernel has AppArmor on. Booted with "lsm=selinux", it has SELinux instead: first without a policy, then with
one of our own, which knows no more than these tests ask.
"""
import pathlib
import sys
import tempfile

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
# Each process and file begins as free_t, and may do all that is not named here. From there a run may become caught_t,
# which makes no datagram sockets; locked_t only without no_new_privs; and barred_t not at all.
POLICY = """(mls true)
(handleunknown allow)
(policycap nnp_nosuid_transition)
(class process (transition dyntransition))
(class process2 (nnp_transition nosuid_transition))
(class file (entrypoint))
(class udp_socket (create))
(classorder (process process2 file udp_socket))
(sensitivity s0)
(sensitivityorder (s0))
(level low (s0))
(levelrange range (low low))
(role r)
(user u)
(userrole u r)
(userlevel u low)
(userrange u range)
(context free (u r free_t range))
(allow free_t self (udp_socket (create)))
(allow free_t self (file (entrypoint)))
(allow caught_t free_t (file (entrypoint)))
(allow locked_t free_t (file (entrypoint)))
(allow free_t caught_t (process (transition)))
(allow free_t caught_t (process2 (nnp_transition nosuid_transition)))
(allow free_t locked_t (process (transition)))
"""
TYPES = ("free_t", "caught_t", "locked_t", "barred_t")
# The kernel knows these by their places (security/selinux/include/initial_sid_to_string.h).
FIRST_LABELS = ("kernel security unlabeled fs file file_labels init any_socket port netif netmsg node igmp_packet "
                "icmp_socket tcp_socket sysctl_modprobe sysctl sysctl_fs sysctl_kernel sysctl_net sysctl_net_unix "
                "sysctl_vm sysctl_dev kmod policy scmp_packet devnull").split()
SELINUX = pathlib.Path("/sys/fs/selinux")
LABEL = "cat /proc/self/attr/current"
READ = "head -n 1 /etc/os-release"
DATAGRAM = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"


def modules():
    return pathlib.Path("/sys/kernel/security/lsm").read_text().split(",")


class Labelled:
    """A run that switches by `switch`, an option and its value, to what a process then reads as `label`."""

    def label_of(self, ended):
        return ended.returncode, ended.stdout.rstrip("\0")

    def test_a_run_has_the_label(self):
        ended = self.cloche(*self.switch, "--", "sh", "-c", LABEL)
        self.assertEqual(self.label_of(ended), (0, self.label), ended.stderr)
        self.assertIn(self.feature, ended.report["enforced"])

    def test_a_further_command_has_it_as_well(self):
        running = self.begin(*self.switch, "--name", "labelled", "--", "sleep", "1000")
        self.until_running("labelled")
        inside = command(*bedside.as_user(CLOCHE, "exec", "labelled", "--", "sh", "-c", LABEL))
        command(*bedside.as_user(CLOCHE, "kill", "labelled"))
        running.communicate(timeout=60)
        self.assertEqual(self.label_of(inside), (0, self.label), inside.stderr)

    def test_what_it_denies_is_refused_and_only_with_it(self):
        for words in self.denied:
            with self.subTest(words[0]):
                self.assertEqual(self.cloche("--", *words).returncode, 0)
                refused = self.cloche(*self.switch, "--", *words)
                self.assertNotEqual(refused.returncode, 0)
                self.assertIn("ermission denied", refused.stderr)


class AppArmor(Labelled, Case):
    switch, feature, label = ("--apparmor", "cloche-suite"), "apparmor", "cloche-suite (enforce)\n"
    denied = (["sh", "-c", READ], ["python3", "-c", DATAGRAM])

    @classmethod
    def setUpClass(cls):
        loaded = command("sh", "-c", 'printf %s "$1" | apparmor_parser --replace --skip-cache', "sh", PROFILE)
        assert loaded.returncode == 0, loaded.stderr

    @classmethod
    def tearDownClass(cls):
        command("sh", "-c", 'printf %s "$1" | apparmor_parser --remove', "sh", PROFILE)

    def test_the_payload_does_not_get_out_of_it(self):
        ended = self.cloche(*self.switch, "--", "sh", "-c",
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


def load_policy():
    lines = [POLICY, f"(sidorder ({' '.join(FIRST_LABELS)}))"]
    lines += [f"(type {name})(roletype r {name})" for name in TYPES]
    lines += [f"(sid {name})(sidcontext {name} free)" for name in FIRST_LABELS]
    with tempfile.TemporaryDirectory() as folder:
        source, made = pathlib.Path(folder) / "policy.cil", pathlib.Path(folder) / "policy"
        source.write_text("\n".join(lines))
        newest = (SELINUX / "policyvers").read_text().strip()  # that the kernel reads: secilc may know a newer one
        compiled = command("secilc", "--policyvers", newest, "--output", str(made), "--filecontext", "/dev/null",
                           str(source))
        assert compiled.returncode == 0, compiled.stderr
        (SELINUX / "load").write_bytes(made.read_bytes())
    (SELINUX / "enforce").write_text("1")


class SELinux(Labelled, Case):
    label = "u:r:caught_t:s0"
    switch, feature, denied = ("--selinux-label", label), "selinux", (["python3", "-c", DATAGRAM],)

    @classmethod
    def setUpClass(cls):
        load_policy()

    def test_the_payload_does_not_get_out_of_it(self):
        ended = self.cloche(*self.switch, "--", "sh", "-c",
                            f"printf u:r:free_t:s0 > /proc/self/attr/exec; {LABEL}")
        self.assertNotEqual(ended.returncode, 0)
        self.assertNotIn("free_t", ended.stdout)

    def test_a_label_that_the_policy_does_not_know_is_an_error_that_names_it(self):
        ended = self.cloche("--selinux-label", "u:r:nobody_t:s0", "--", "true")
        self.assertEqual(ended.returncode, 125)
        self.assertIn("u:r:nobody_t:s0", ended.stderr)

    def test_a_label_that_may_not_be_taken_is_an_error_that_says_what_the_policy_lacks(self):
        for label in ("u:r:barred_t:s0", "u:r:locked_t:s0"):
            with self.subTest(label):
                ended = self.cloche("--selinux-label", label, "--", "true")
                self.assertEqual(ended.returncode, 126, ended.stderr)
                self.assertIn(label, ended.stderr)
                self.assertIn("nnp_transition", ended.stderr)


if __name__ == "__main__":
    if not bedside.IN_BED:
        sys.exit("profiles are loaded by root: this runs in a guest (bed.py)")
    sys.exit(bedside.run([SELinuxWithoutAPolicy, SELinux] if "selinux" in modules() else [AppArmor]))
