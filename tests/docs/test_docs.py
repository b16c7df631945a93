#!/usr/bin/env python3
"""The manual, --help, the completions and the README agree, and every example of them runs.

test_docs.py CLOCHE SOURCE_DIR [unittest's arguments]
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from examples import World, acted_on, command_of, examples, needs_cgroup

CLOCHE, SOURCE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
MANUAL = os.path.join(SOURCE, "man", "cloche-run.1.scd")
OVERVIEW = os.path.join(SOURCE, "man", "cloche.1.scd")


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def run(words, **options):
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, **options)


def help_options():
    said = run([CLOCHE, "run", "--help"]).stdout
    return {m.group(1): (m.group(2) or "") for m in re.finditer(r"^  --([a-z-]+)(?: (\S+))?", said, re.M)}


def command_names():
    return re.findall(r"^  ([a-z]+) ", run([CLOCHE, "--help"]).stdout, re.M)  # the space is what keeps them legible


class TheManualOfRun(unittest.TestCase):
    def test_has_every_option_of_help_with_its_value(self):
        manual = text_of(MANUAL)
        for name, value in help_options().items():
            with self.subTest(option=name):
                if name in ("tty", "no-tty", "quiet", "verbose"):
                    self.assertIn(f"*--{name}*", manual)
                elif value:
                    self.assertIn(f"*--{name}* _{value}_", manual)
                else:
                    self.assertIn(f"*--{name}*\n", manual)

    def test_has_no_option_that_help_has_not(self):
        known = help_options()
        for name in re.findall(r"^\*--([a-z-]+)\*", text_of(MANUAL), re.M):
            with self.subTest(option=name):
                self.assertIn(name, {**known, "version": ""})

    def test_has_every_weakening(self):
        source = text_of(os.path.join(SOURCE, "src", "policy", "weakenings.cc"))
        tokens = re.findall(r'^    \{"([a-z-]+)",', source, re.M)
        self.assertGreater(len(tokens), 5)
        for token in tokens:
            with self.subTest(token=token):
                self.assertIn(f"*{token}*\n", text_of(MANUAL))


class TheManual(unittest.TestCase):
    def pages(self):
        return sorted(glob.glob(os.path.join(SOURCE, "man", "*.scd")))

    def test_has_a_page_for_each_command_and_names_it_in_the_overview(self):
        overview = text_of(OVERVIEW)
        for command in command_names():
            with self.subTest(command=command):
                self.assertTrue(os.path.exists(os.path.join(SOURCE, "man", f"cloche-{command}.1.scd")), "it has no page")
                self.assertIn(f"*cloche-{command}*(1)", overview.split("# COMMANDS", 1)[1].split("\n# ", 1)[0])

    def test_has_no_page_that_is_not_installed(self):
        listed = text_of(os.path.join(SOURCE, "man", "meson.build"))
        for path in self.pages():
            self.assertIn(f"'{os.path.basename(path)[:-len('.scd')]}'", listed)

    def test_refers_to_pages_of_its_own_that_there_are(self):
        there = {os.path.basename(path)[:-len(".scd")] for path in self.pages()}
        for path in self.pages():
            for name, section in re.findall(r"\b(cloche(?:-[a-z]+)?)\*?\((\d)\)", text_of(path)):
                with self.subTest(page=path):
                    self.assertIn(f"{name}.{section}", there)

    def test_is_rendered_without_a_complaint(self):
        for path in self.pages():
            with self.subTest(page=path):
                page = subprocess.run(["scdoc"], input=text_of(path).encode(), capture_output=True, timeout=60)
                self.assertEqual(page.returncode, 0, page.stderr)
                shown = subprocess.run(["man", "--warnings", "-l", "-"], input=page.stdout, capture_output=True,
                                       timeout=60, env={**os.environ, "MANWIDTH": "100", "PAGER": "cat"})
                self.assertEqual(shown.stderr, b"")


class PagesOfCommands(unittest.TestCase):
    """man/cloche-COMMAND.1.scd against cloche COMMAND --help, both ways."""

    def pages(self):
        found = sorted(glob.glob(os.path.join(SOURCE, "man", "cloche-*.1.scd")))
        self.assertTrue(found)
        for path in found:
            yield path, re.fullmatch(r"cloche-(.*)\.1\.scd", os.path.basename(path)).group(1)

    def test_have_the_options_of_help_and_no_other(self):
        for path, command in self.pages():
            said = run([CLOCHE, command, "--help"]).stdout
            in_help = set(re.findall(r"^  --([a-z-]+)", said, re.M))
            heads = [line for line in text_of(path).splitlines() if line.startswith("*--")]
            in_page = {name for line in heads for name in re.findall(r"\*--([a-z-]+)\*", line)}
            with self.subTest(page=path):
                self.assertEqual(in_page, in_help)


class Examples(unittest.TestCase):
    """Those that need no cgroup: tests/vm/suite_examples.py runs the others, where there are some."""

    def test_of_every_page_are_of_commands_that_there_are(self):
        known = command_names()
        pages = {example.page for example in examples(SOURCE)}
        for command in known:
            self.assertIn(f"cloche-{command}.1.scd", pages, "a page without an example")
        for example in examples(SOURCE):
            with self.subTest(example=example):
                self.assertIn(command_of(example), known)

    def test_do_what_they_say(self):
        tried = 0
        with World(CLOCHE) as world:
            for example in examples(SOURCE):
                if needs_cgroup(example):
                    continue
                with self.subTest(example=example):
                    self.assertEqual(world.run(example), "")
                tried += 1
        self.assertGreaterEqual(tried, 15)

    def test_are_known_by_what_they_need(self):
        lines = {example.line: example for example in examples(SOURCE)}
        self.assertTrue(needs_cgroup(lines["cloche pause build"]))
        self.assertEqual(acted_on(lines["cloche pause build"]), "build")
        self.assertFalse(needs_cgroup(lines["cloche run -- make"]))
        self.assertIsNone(acted_on(lines["cloche run -- make"]))


class Completions(unittest.TestCase):
    def written(self, shell, folder):
        path = os.path.join(folder, "_cloche" if shell == "zsh" else "cloche." + shell)
        with open(path, "w", encoding="utf-8") as file:
            file.write(run([CLOCHE, "completions", shell]).stdout)
        return path

    def bash(self, words):
        with tempfile.TemporaryDirectory() as folder:
            path = self.written("bash", folder)
            quoted = " ".join(f"'{word}'" for word in words)
            script = (f". {path}; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _cloche; "
                      'printf "%s\\n" "${COMPREPLY[@]}"')
            return run(["bash", "--norc", "-c", script]).stdout.split()

    def test_of_bash_offer_commands_options_and_values(self):
        self.assertEqual(self.bash(["cloche", "ru"]), ["run"])
        self.assertEqual(self.bash(["cloche", "run", "--landl"]), ["--landlock"])
        self.assertEqual(self.bash(["cloche", "run", "--landlock", "r"]), ["require"])
        self.assertEqual(set(self.bash(["cloche", "run", "--"])), {"--" + name for name in help_options()})

    def test_of_fish_offer_options_and_values(self):
        self.assertTrue(shutil.which("fish"), "fish is not installed")
        with tempfile.TemporaryDirectory() as folder:
            path = self.written("fish", folder)
            environment = {"PATH": "/usr/bin:/bin", "HOME": folder}
            offered = run(["fish", "--no-config", "-c", f"source {path}; complete -C 'cloche run --landl'"], env=environment)
            self.assertIn("--landlock", offered.stdout)
            values = run(["fish", "--no-config", "-c", f"source {path}; complete -C 'cloche run --net h'"], env=environment)
            self.assertEqual(values.stdout.split()[:1], ["host"], values)

    def test_of_zsh_are_a_function_that_zsh_takes(self):
        self.assertTrue(shutil.which("zsh"), "zsh is not installed")
        with tempfile.TemporaryDirectory() as folder:
            path = self.written("zsh", folder)
            checked = run(["zsh", "-f", "-n", path])
            self.assertEqual((checked.returncode, checked.stderr), (0, ""))
            for name in help_options():
                if name != "help":
                    self.assertIn(f"*--{name}", text_of(path))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]] + sys.argv[3:], verbosity=2)
