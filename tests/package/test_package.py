#!/usr/bin/env python3
"""The Debian package: that it is built, what is in it, and what lintian and AppArmor's parser think of it. That it
installs, works and goes again is tests/vm/suite_package.py's.

test_package.py SOURCE FOLDER [unittest's arguments]     FOLDER is where the package is built, and left
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SOURCE, FOLDER = (pathlib.Path(word).resolve() for word in sys.argv[1:3])


def run(*words, **options):
    return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=1800, **options)


def setUpModule():
    built = run(SOURCE / "tests/package/build.sh", FOLDER)
    if built.returncode != 0:
        raise RuntimeError(built.stdout[-5000:])


def package():
    found = [path for path in FOLDER.glob("cloche_*.deb")]
    assert len(found) == 1, found
    return found[0]


class ThePackage(unittest.TestCase):
    def contents(self):
        return {re.split(r"\s+", line, 5)[5].removeprefix(".") for line in
                run("dpkg-deb", "--contents", package()).stdout.splitlines()}

    def test_has_nothing_that_lintian_objects_to(self):
        for changes in FOLDER.glob("*.changes"):
            said = run("lintian", "--fail-on", "error,warning", "--allow-root", changes)
            self.assertEqual((said.returncode, said.stdout), (0, ""))

    def test_has_the_program_the_manual_the_completions_and_the_profile(self):
        there = self.contents()
        pages = {path.name[:-len(".scd")] for path in (SOURCE / "man").glob("*.scd")}
        for path in ["/usr/bin/cloche", "/usr/libexec/cloche/cloche", "/usr/share/doc/cloche/copyright",
                     "/usr/share/cloche/apparmor/cloche",
                     "/usr/share/bash-completion/completions/cloche", "/usr/share/zsh/vendor-completions/_cloche",
                     "/usr/share/fish/vendor_completions.d/cloche.fish",
                     *(f"/usr/share/man/man{page[-1]}/{page}.gz" for page in pages)]:
            self.assertIn(path, there)

    def test_has_no_setuid_program_and_writes_nothing_into_etc(self):
        listed = run("dpkg-deb", "--contents", package()).stdout
        self.assertNotRegex(listed, r"(?m)^-..s|^-.....s")
        self.assertNotIn("./etc", listed)

    def test_has_the_version_of_the_program(self):
        version = re.search(r"version: '([^']+)'", (SOURCE / "meson.build").read_text()).group(1)
        self.assertEqual(run("dpkg-deb", "--field", package(), "Version").stdout.strip(), version)

    def test_is_built_from_the_packages_that_the_project_names(self):
        section = re.search(r"^\[build\]\n(.*?)^\[", (SOURCE / "tools/packages.txt").read_text(), re.M | re.S).group(1)
        named = {line.split()[0] for line in section.splitlines() if line and not line.startswith("#")}
        control = (SOURCE / "debian/control").read_text()
        wanted = re.search(r"^Build-Depends:(.*?)^\S", control, re.M | re.S).group(1)
        asked = {word.split()[0] for word in wanted.split(",")}
        self.assertEqual(asked - {"debhelper-compat", "libgtest-dev"}, named - {"g++"})


class TheAppArmorProfile(unittest.TestCase):
    PROFILE = SOURCE / "debian/apparmor/cloche"

    def parsed(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".profile") as file:
            file.write(text)
            file.flush()
            # Into no kernel: this machine's may have no AppArmor.
            return run("/usr/sbin/apparmor_parser", "--skip-kernel-load", "--skip-cache", file.name)

    def test_is_understood_where_it_is_needed_and_only_there(self):
        version = run("/usr/sbin/apparmor_parser", "--version").stdout
        major = int(re.search(r"version (\d+)", version).group(1))
        said = self.parsed(self.PROFILE.read_text())
        self.assertEqual(said.returncode == 0, major >= 4, said.stdout)

    def test_is_right_but_for_what_an_older_parser_cannot_know(self):
        text = self.PROFILE.read_text()
        self.assertIn("\n  userns,\n", text)
        older = text.replace("\n  userns,\n", "\n").replace("abi <abi/4.0>", "abi <abi/3.0>")
        self.assertEqual(self.parsed(older).returncode, 0)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
