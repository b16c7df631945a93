#!/usr/bin/env python3
"""Obstacles that only an administrator can make, each made for real: cloche doctor names it, agrees with cloche run,
and is content after its own remedy was pasted. Runs in a bed (bed.py), as its root.

Booted with words that take away Landlock or the cgroup v2 controllers, it tests what is said about that instead:
  bed.py bookworm suite_doctor.py --boot "lsm=capability systemd.unified_cgroup_hierarchy=0"
"""
import contextlib
import json
import pathlib
import shlex
import shutil
import sys

import bedside
from bedside import CLOCHE, Case, command, in_session

SUBORDINATE = [pathlib.Path("/etc/subuid"), pathlib.Path("/etc/subgid")]
HELPER = pathlib.Path("/usr/bin/newuidmap")
DROP_IN = pathlib.Path("/etc/systemd/system/user@.service.d")


def in_masked_proc(script):
    """As in a container: something is mounted over a part of /proc."""
    return ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc/irq && exec "$@"', "sh", *in_session(script)]


class Doctor:
    def doctor(self, start=None):
        ended = command(*(start or self.start)(shlex.join([CLOCHE, "doctor", "--json"])))
        self.assertIn(ended.returncode, (0, 1), ended.stderr)
        told = json.loads(ended.stdout)
        told["status"] = ended.returncode
        # What an older Landlock does not know is no obstacle that is made here.
        told["lost"] = [one["feature"] for one in told["degraded"] if not one["feature"].startswith("landlock-")]
        told["by_id"] = {one["id"]: one for one in told["findings"]}
        self.assertEqual(told["works"], ended.returncode == 0)
        ran = command(*(start or self.start)(shlex.join([CLOCHE, "run", "--", "true"])))
        self.assertEqual(ran.returncode, 0 if told["works"] else 125, (ran.stderr, told["error"]))
        if not told["works"]:
            self.assertIn(told["error"], ran.stderr)
        return told

    def expect(self, told, finding, kind, *words):
        one = told["by_id"][finding]
        self.assertEqual(one["kind"], kind, one)
        for word in words:
            self.assertIn(word, one["detail"] + "\n" + one["remedy"])
        return one

    def paste(self, finding):
        self.assertTrue(finding["needs_administrator"], finding)
        pasted = command("sh", "-c", finding["remedy"])
        self.assertEqual(pasted.returncode, 0, (finding["remedy"], pasted.stderr))

    def content(self, *findings, start=None):
        told = self.doctor(start)
        self.assertEqual(told["status"], 0, told["error"])
        for finding in findings:
            self.expect(told, finding, "ok")


@contextlib.contextmanager
def kept(*paths):
    """The files are afterwards what they were."""
    before = [(path, path.read_bytes()) for path in paths]
    try:
        yield
    finally:
        for path, text in before:
            path.write_bytes(text)


class Everywhere(Doctor):
    def test_an_ordinary_debian_is_fine_but_for_io_and_cpuset(self):
        told = self.doctor()
        self.assertEqual(told["status"], 0, told["error"])
        self.assertEqual(told["lost"], [])
        not_ok = {one["id"] for one in told["findings"] if one["kind"] != "ok"}
        self.assertLessEqual(not_ok, {"controller-io", "controller-cpuset", "landlock", "overlay"}, not_ok)
        for controller in ("cpu", "memory", "pids"):
            self.expect(told, f"controller-{controller}", "ok")
        self.expect(told, "controller-io", "missing", "ENOENT", "Delegate=cpu cpuset io memory pids")

    def test_the_place_is_told(self):
        state = self.doctor()["by_id"]["cgroup-place"]["state"]
        self.assertIn("login session" if self.start is in_session else "below your systemd", state)

    def test_the_table_fits_a_terminal_but_for_what_is_pasted(self):
        told = command(*self.start(shlex.join([CLOCHE, "doctor"]))).stdout
        self.assertTrue(told.startswith("cloche run works here with its defaults\n"), told)
        lines = told.split("\n")
        for before, line in zip([""] + lines, lines):
            self.assertTrue(len(line) <= 80 or before.strip() == "as root:", line)


class Taken(Doctor):
    """What an administrator can take away while the machine runs."""

    def switched_off(self, switch, finding, remedy):
        before = command("sysctl", "-n", switch).stdout.strip()
        command("sysctl", "-w", f"{switch}=0")
        try:
            told = self.doctor()
            self.assertEqual(told["status"], 1)
            one = self.expect(told, finding, "blocking", switch)
            self.assertEqual(one["remedy"], remedy)
            self.paste(one)
            self.content(finding)
        finally:
            command("sysctl", "-w", f"{switch}={before}")

    def test_debians_switch_of_user_namespaces(self):
        self.switched_off("kernel.unprivileged_userns_clone", "user-namespace",
                          "sysctl -w kernel.unprivileged_userns_clone=1")

    def test_no_room_for_user_namespaces(self):
        self.switched_off("user.max_user_namespaces", "user-namespace", "sysctl -w user.max_user_namespaces=15000")

    def test_no_room_for_net_namespaces(self):
        self.switched_off("user.max_net_namespaces", "net-namespace", "sysctl -w user.max_net_namespaces=15000")

    def test_no_subordinate_ids(self):
        with kept(*SUBORDINATE):
            for path in SUBORDINATE:
                path.write_text("")
            told = self.doctor()
            self.assertEqual((told["status"], told["lost"][:1]), (0, ["id-range"]))
            self.assertFalse(told["by_id"]["id-range"]["tried"])
            for finding in ("subordinate-uids", "subordinate-gids"):
                self.paste(self.expect(told, finding, "missing", "tester has none"))
            self.content("subordinate-uids", "subordinate-gids", "id-range")

    def test_ids_that_another_user_has_too(self):
        with kept(*SUBORDINATE):
            SUBORDINATE[0].write_text(SUBORDINATE[0].read_text() + "somebody:330000:65536\n")
            told = self.doctor()
            self.assertEqual(told["status"], 0)
            self.paste(self.expect(told, "subordinate-uids", "limited", "'somebody'", "/^tester:300000:65536$/d"))
            self.content("subordinate-uids", "id-range")

    def test_no_helper(self):
        away = HELPER.with_name("newuidmap.away")
        HELPER.rename(away)
        try:
            told = self.doctor()
            self.assertEqual(told["status"], 0)
            self.expect(told, "newuidmap", "missing", "is not installed", "apt-get install uidmap")
        finally:
            away.rename(HELPER)
        self.content("newuidmap", "id-range")  # what installing the package comes to

    def test_a_helper_without_its_privilege(self):
        mode = HELPER.stat().st_mode
        command("sh", "-c", f"setcap -r {HELPER} 2>&1 || true")  # Debian's is setuid, others' has a capability
        HELPER.chmod(0o755)
        try:
            told = self.doctor()
            self.assertEqual(told["status"], 0)
            self.paste(self.expect(told, "newuidmap", "missing", "neither setuid root", "chmod u+s"))
            self.content("newuidmap", "id-range")
        finally:
            HELPER.chmod(mode)

    def test_a_helper_on_a_mount_that_takes_its_privilege(self):
        command("mount", "--bind", "/usr/bin", "/usr/bin")
        command("mount", "-o", "remount,bind,nosuid", "/usr/bin")
        try:
            told = self.doctor()
            self.assertEqual(told["status"], 0)
            self.paste(self.expect(told, "newuidmap", "missing", "nosuid"))
            self.content("newuidmap", "id-range")
        finally:
            command("umount", "/usr/bin")

    def test_a_masked_proc(self):
        told = self.doctor(in_masked_proc)
        self.assertEqual(told["status"], 1)
        self.expect(told, "fresh-proc", "blocking", "'/proc/irq'", "systempaths=unconfined")
        self.content("fresh-proc")

    def test_inside_cloche(self):
        def nested(script):
            return in_session(shlex.join([CLOCHE, "run", "--ro", CLOCHE, "--", "sh", "-c", script]))
        told = self.doctor(nested)
        self.assertEqual(told["status"], 1)
        self.expect(told, "user-namespace", "blocking", "run cloche outside of it")

    def test_a_stale_bus_address(self):
        def stale(script):
            return in_session("export DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere; " + script)
        told = self.doctor(stale)
        self.assertEqual(told["status"], 0)
        self.expect(told, "user-manager", "limited", "unix:path=/nowhere", "unset DBUS_SESSION_BUS_ADDRESS")
        self.expect(told, "controller-memory", "ok")  # by the next address
        self.content("user-manager", start=lambda script: stale("unset DBUS_SESSION_BUS_ADDRESS; " + script))

    def test_no_bus_beside_the_manager(self):
        bedside.user_manager("stop", "dbus.socket", "dbus.service")
        try:
            told = self.doctor()
            self.assertEqual((told["status"], told["lost"]), (0, []))
            self.expect(told, "controller-memory", "ok")
        finally:
            bedside.user_manager("start", "dbus.socket")
        self.content("user-manager")

    def test_a_manager_that_does_not_linger(self):
        command("loginctl", "disable-linger", "tester")
        try:
            told = self.doctor()
            self.paste(self.expect(told, "linger", "limited", "loginctl enable-linger tester"))
            self.assertTrue(bedside.wait_for_manager())
            self.content("linger")
        finally:
            command("loginctl", "enable-linger", "tester")


class Root(Doctor, Case):
    start = staticmethod(lambda script: ["sh", "-c", "cd /root; " + script])

    def test_is_told_to_be_somebody_else(self):
        told = self.doctor()
        self.assertEqual(told["status"], 0, told["error"])
        self.expect(told, "caller", "limited", "as an ordinary user")


class NoManager(Doctor, bedside.WithoutAManager):
    def test_lingering_is_the_remedy(self):
        told = self.doctor()
        self.assertEqual((told["status"], told["lost"]), (0, ["tasks-limit"]))
        one = self.expect(told, "user-manager", "missing", "no systemd of yours")
        self.assertEqual(one["remedy"], "loginctl enable-linger tester")
        self.assertFalse(told["by_id"]["controller-memory"]["tried"])
        self.paste(one)
        self.assertTrue(bedside.wait_for_manager())
        self.content("user-manager", "linger", "controller-memory", "controller-pids", "cgroup-kill")


class UndelegatedControllers(Doctor, Case):
    def test_are_delegated_by_pasting(self):
        one = self.expect(self.doctor(), "controller-io", "missing", "log in anew")
        try:
            self.paste(one)
            bedside.renew_manager()
            self.content("controller-io", "controller-cpuset", "controller-cpu", "controller-memory", "controller-pids")
        finally:
            shutil.rmtree(DROP_IN, ignore_errors=True)
            bedside.renew_manager()


class InADelegatedService(Doctor, Case):
    """Here nobody has to be asked for a cgroup."""
    start = staticmethod(bedside.in_delegated_service)

    def test_limits_are_had_in_its_own_cgroup(self):
        told = self.doctor()
        self.assertEqual((told["status"], told["lost"]), (0, []))
        self.assertIn("delegated to you", told["by_id"]["cgroup-place"]["state"])
        for finding in ("controller-memory", "controller-cpu", "controller-pids", "cgroup-clone", "cgroup-freeze"):
            self.expect(told, finding, "ok")


class NoLandlock(Doctor):
    def test_is_told_with_the_words_for_the_kernel(self):
        told = self.doctor()
        self.assertEqual(told["status"], 0, told["error"])
        self.assertIn("landlock", told["lost"])
        self.expect(told, "landlock", "missing", "lsm=landlock,")


class HybridTree(Doctor):
    def test_is_told_with_the_words_for_the_kernel(self):
        told = self.doctor()
        self.assertEqual(told["status"], 0, told["error"])
        self.assertIn("tasks-limit", told["lost"])
        # Newer kernels have no memory controller for v1.
        self.expect(told, "cgroup-tree", "limited", "cgroup v1 holds ", "pids", "systemd.unified_cgroup_hierarchy=1")
        for controller in ("memory", "pids", "io"):
            self.expect(told, f"controller-{controller}", "missing", "systemd.unified_cgroup_hierarchy=1")
        self.expect(told, "user-manager", "ok")
        self.expect(told, "cgroup-kill", "ok")


def main():
    if not bedside.wait_for_manager():
        print("the user's manager did not come up")
        return 1
    words = pathlib.Path("/proc/cmdline").read_text()
    taken_by_boot = [part for word, part in (("lsm=", NoLandlock), ("unified_cgroup_hierarchy=0", HybridTree))
                     if word in words]
    if taken_by_boot:
        return bedside.run(bedside.begin_everywhere(*taken_by_boot))
    return bedside.run([*bedside.begin_everywhere(Everywhere), *bedside.begin_in_session(Taken), Root, NoManager,
                        UndelegatedControllers, InADelegatedService])


if __name__ == "__main__":
    sys.exit(main())
