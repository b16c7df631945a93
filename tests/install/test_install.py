#!/usr/bin/env python3
"""meson install into a folder of one's own, by an ordinary user: what is there afterwards, and that it works.

test_install.py SOURCE [unittest's arguments]
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(sys.argv[1]).resolve()
work = prefix = None


def run(*words, **options):
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=1800, **options)


def setUpModule():
    global work, prefix
    work = pathlib.Path(tempfile.mkdtemp(prefix="cloche-install-"))
    prefix = work / "a prefix"
    for words in (["meson", "setup", "-Dtests=false", f"--prefix={prefix}", work / "build", SOURCE],
                  ["meson", "install", "-C", work / "build"]):
        done = run(*words, env={**os.environ, "CC": "gcc", "CXX": "g++"})
        if done.returncode != 0:
            raise RuntimeError(done.stdout[-3000:] + done.stderr)
    shutil.rmtree(work / "build")  # what was installed has to do without


def tearDownModule():
    shutil.rmtree(work)


class AnInstalledCloche(unittest.TestCase):
    def test_was_installed_by_an_ordinary_user(self):
        self.assertNotEqual(os.getuid(), 0)

    def test_runs_a_command(self):
        project = work / "project"
        project.mkdir()
        ended = run(prefix / "bin/cloche", "run", "--", "sh", "-c", "echo text > made; cat made", cwd=project)
        self.assertEqual((ended.returncode, ended.stdout), (0, "text\n"), ended.stderr)
        self.assertEqual((project / "made").read_text(), "text\n")

    def test_has_a_page_for_each_that_there_is(self):
        wanted = {path.name[:-len(".scd")] for path in (SOURCE / "man").glob("*.scd")}
        there = {path.name for path in prefix.glob("share/man/man*/*")}
        self.assertEqual(there, wanted)

    def test_has_pages_that_man_shows(self):
        for path in prefix.glob("share/man/man*/*"):
            with self.subTest(page=path.name):
                shown = run("man", "--warnings", "-l", path, env={**os.environ, "PAGER": "cat", "MANWIDTH": "100"})
                self.assertEqual((shown.returncode, shown.stderr), (0, ""))
                self.assertIn("NAME", shown.stdout)

    def test_has_pages_that_man_finds(self):
        found = run("man", "-M", prefix / "share/man", "-w", "cloche-run")
        self.assertEqual(found.stdout.strip(), str(prefix / "share/man/man1/cloche-run.1"))

    def test_completes_in_each_shell_where_it_looks(self):
        share = prefix / "share"
        for path in ("bash-completion/completions/cloche", "zsh/site-functions/_cloche",
                     "fish/vendor_completions.d/cloche.fish"):
            with self.subTest(file=path):
                self.assertIn("update", (share / path).read_text())
        environment = {**os.environ, "XDG_DATA_DIRS": str(share), "XDG_DATA_HOME": str(work), "HOME": str(work),
                       "PATH": f"{prefix}/bin:{os.environ['PATH']}"}  # fish looks no further for a command that is not there
        bash = run("bash", "--norc", "-c", ". /usr/share/bash-completion/bash_completion; _completion_loader cloche; "
                   "complete -p cloche", env=environment)
        self.assertIn("-F _cloche cloche", bash.stdout, bash.stderr)
        fish = run("fish", "-c", "complete -C 'cloche upd'", env=environment)
        self.assertEqual(fish.stdout.split()[:1], ["update"], fish.stderr)
        zsh = run("zsh", "-f", "-c", f"fpath=('{share}/zsh/site-functions' $fpath); autoload -U compinit; "
                  f"compinit -u -d '{work}/dump'; echo $_comps[cloche]", env=environment)
        self.assertEqual(zsh.stdout.strip(), "_cloche", zsh.stderr)

    def test_has_its_licence(self):
        self.assertEqual((prefix / "share/doc/cloche/COPYING").read_bytes(), (SOURCE / "COPYING").read_bytes())

    def needed(self, program):
        return set(re.findall(r"NEEDED\)\s+Shared library: \[([^]]+)\]", run("readelf", "-d", prefix / program).stdout))

    def test_needs_no_libraries_but_those_that_it_opens(self):
        self.assertEqual(self.needed("bin/cloche"), set())
        self.assertLessEqual(self.needed("libexec/cloche/cloche"), {"libc.so.6", "ld-linux-x86-64.so.2"})

    def test_finds_its_other_program_wherever_it_is_moved(self):
        moved = work / "moved"
        shutil.copytree(prefix, moved)
        self.assertEqual(run(moved / "bin/cloche", "--version").returncode, 0)
        (moved / "libexec/cloche/cloche").write_text("#!/bin/sh\necho the other: $*\n")
        self.assertEqual(run(moved / "bin/cloche", "ps", "--json").stdout, "the other: ps --json\n")

    def test_has_the_profiles_that_ship(self):
        shipped = {path.name for path in (SOURCE / "profiles").glob("*.toml")}
        there = {path.name for path in prefix.glob("share/cloche/profiles/*.toml")}
        self.assertEqual(there, shipped)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
