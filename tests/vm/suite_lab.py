#!/usr/bin/env python3
"""cloche lab where everything that it asks about is real. Runs in a bed (bed.py), as its root."""
import json
import shlex
import subprocess
import sys

import bedside
from bedside import CLOCHE, Case, command, until

NEEDS_CONTROLLERS = {"no-internal-processes", "fork-bomb", "memory-hog", "cpu-quota"}
LONG = 900


def lab(start, *words, timeout=LONG):
    return command(*start(shlex.join([CLOCHE, "lab", *words])), timeout=timeout)


def real():
    return {"cpu", "memory", "pids"} <= set(bedside.delegated())


class Experiments:
    """All of them, from wherever cloche is started."""

    def test_give_the_predicted_answers(self):
        ended = lab(self.start, "--json")
        told = json.loads(ended.stdout)
        for one in told["experiments"]:
            with self.subTest(one["name"]):
                if one["state"] == "not here":
                    self.assertTrue(one["missing"])
                    self.assertFalse(real(), one["missing"])  # in a guest all can be done
                    self.assertIn(one["name"], NEEDS_CONTROLLERS)
                    self.assertTrue(one["answered"], "nothing is shown instead")
                else:
                    self.assertEqual(one["state"], "as predicted", json.dumps(one, indent=1))
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual(told["cgroup"]["inside_manager"], self.start is bedside.in_manager)

    def test_draw_the_tree_before_and_after(self):
        ended = lab(self.start, "delegation", "--json")
        tree = json.loads(ended.stdout)["experiments"][0]["tree"]
        before, after = ({node["path"]: node for node in tree[when]} for when in ("before", "after"))
        new = [path for path in after if path not in before]
        self.assertTrue(any(path.endswith(".scope/mine") for path in new), new)
        self.assertTrue(all(after[path]["owner"] == "tester" for path in new), after)
        self.assertEqual([path for path in after if after[path]["here"]], [path for path in new if path.endswith("/mine")])
        self.assertEqual(before["/"]["owner"], "root")

    def test_write_a_page(self):
        page = bedside.HOME / "lab page.html"
        ended = lab(self.start, "--html", str(page), "2", "3")
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        self.assertIn("class=\"boundary\"", page.read_text())
        page.unlink()

    def test_leave_nothing_when_they_are_killed(self):
        names = ["delegation", "removing", "freezer"] + (["fork-bomb", "memory-hog", "cpu-quota"] if real() else [])
        for number, name in enumerate(names):
            # In the middle of it: once its scope is there. One of many: the first may be over before it is seen.
            running = subprocess.Popen(self.start("exec " + shlex.join([CLOCHE, "lab", *[name] * 20])),
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            until(lambda: any(bedside.MANAGED.rglob("cloche-lab-*.scope")) or running.poll() is not None, 60)
            if running.poll() is not None:
                self.fail((name, running.communicate()))
            victims = command("pgrep", "-u", str(bedside.UID), "-f", f"^{CLOCHE} lab {name}").stdout.split()
            self.assertTrue(victims)
            command("kill", "-KILL" if number % 2 else "-INT", victims[0])
            running.communicate(timeout=60)
            self.assertEqual(bedside.leftovers(), [], name)


class Limits:
    """Chapter 4 with its figures."""

    def chapter(self):
        return {one["name"]: one for one in json.loads(lab(self.start, "4", "--json").stdout)["experiments"]}

    def test_hold_and_are_charted(self):
        chapter = self.chapter()
        bomb = chapter["fork-bomb"]["chart"]
        self.assertEqual((max(bomb["values"]), bomb["limit"]), (32, 32))
        hog = chapter["memory-hog"]["chart"]
        self.assertLessEqual(max(hog["values"]), 64 << 20)
        self.assertGreater(max(hog["values"]), 32 << 20)
        drop_in = " ".join(one["came"] for one in chapter["io-and-cpuset"]["figures"])
        self.assertIn("[Service]\nDelegate=cpu cpuset io memory pids", drop_in)


class NoManager(bedside.WithoutAManager):
    def test_says_what_is_missing_and_what_the_kernel_answers_instead(self):
        ended = lab(self.start, "3", "--json")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        for one in json.loads(ended.stdout)["experiments"]:
            self.assertEqual(one["state"], "not here", one["name"])
            self.assertIn("loginctl enable-linger tester", one["missing"])
            self.assertIn({"what": "a bus of one's own systemd", "came": "there is none to be asked"}, one["answered"])


class AsRoot(Case):
    def test_is_refused(self):
        ended = command(CLOCHE, "lab", "--json")
        self.assertEqual(ended.returncode, 125)
        self.assertIn("run it as yourself", ended.stderr)


def main():
    if not bedside.wait_for_manager():
        print("the user's manager did not come up")
        return 1
    cases = bedside.begin_everywhere(Experiments, *([Limits] if real() else []))
    if bedside.IN_BED:
        cases += [NoManager, AsRoot]
    return bedside.run(cases)


if __name__ == "__main__":
    sys.exit(main())
