#!/usr/bin/env python3
"""The manual, --help, the completions and the README agree, and every example of them runs.

test_docs.py CLOCHE SOURCE_DIR [unittest's arguments]
"""
import glob
import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
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

    def test_says_what_each_capability_opens_as_the_plan_does(self):
        source = text_of(os.path.join(SOURCE, "src", "policy", "capabilities.cc"))
        rows = re.findall(r'\{"([a-z_]+)",\s*"([^"]*)",\s*nullptr', source)
        self.assertGreater(len(rows), 10)
        for name, opens in rows:
            with self.subTest(capability=name):
                self.assertIn(f"*{name}*\n\t{opens}\n", text_of(MANUAL))

    def test_has_the_weakening_of_every_protected_path(self):
        source = text_of(os.path.join(SOURCE, "src", "policy", "protected.cc"))
        rows = re.findall(r'^    \{"([^"]+)", "([a-z-]+)"', source, re.M)
        self.assertGreater(len(rows), 20)
        for path, token in rows:
            with self.subTest(path=path):
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


class TheLab(unittest.TestCase):
    """cloche-lab(7), the exhibit as an essay."""

    def experiments(self):
        return [one["name"] for one in json.loads(run([CLOCHE, "lab", "list", "--json"]).stdout)]

    def test_is_written_down_with_every_experiment_and_no_other(self):
        body = text_of(os.path.join(SOURCE, "man", "cloche-lab.7.scd")).split("# 1.", 1)[1]
        told = set(re.findall(r"\*([a-z0-9]+(?:-[a-z0-9]+)*)\*", body))
        self.assertEqual(told, set(self.experiments()))


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
    """In the shells themselves."""

    def written(self, shell, folder):
        path = os.path.join(folder, "_cloche" if shell == "zsh" else "cloche." + shell)
        with open(path, "w", encoding="utf-8") as file:
            file.write(run([CLOCHE, "completions", shell]).stdout)
        return path

    def bash(self, lines):
        """For each line of words, what bash offers for the last of them."""
        with tempfile.TemporaryDirectory() as folder:
            script = f". {self.written('bash', folder)}\n"
            for words in lines:
                quoted = " ".join(f"'{word}'" for word in words)
                script += (f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; COMPREPLY=(); _cloche; "
                           'echo "${COMPREPLY[*]}"\n')
            said = run(["bash", "--norc", "-c", script])
            self.assertEqual(said.stderr, "")
            return [line.split() for line in said.stdout.split("\n")[:-1]]

    def fish(self, lines):
        self.assertTrue(shutil.which("fish"), "fish is not installed")
        with tempfile.TemporaryDirectory() as folder:
            script = f"source {self.written('fish', folder)}\n"
            script += "\n".join(f"echo (complete -C '{' '.join(words)}' | cut -f1)" for words in lines)
            said = run(["fish", "--no-config", "-c", script], env={"PATH": "/usr/bin:/bin", "HOME": folder})
            self.assertEqual(said.stderr, "")
            return [line.split() for line in said.stdout.split("\n")[:-1]]

    def zsh(self, lines):
        """For each line, what it is after a press of the tab key."""
        self.assertTrue(shutil.which("zsh"), "zsh is not installed")
        with tempfile.TemporaryDirectory() as folder:
            self.written("zsh", folder)
            ours, its = pty.openpty()
            shell = subprocess.Popen(["zsh", "-f", "-i"], stdin=its, stdout=its, stderr=its, start_new_session=True,
                                     env={"PATH": "/usr/bin:/bin", "HOME": folder, "TERM": "dumb"}, cwd=folder)
            os.close(its)
            told = b""

            def until(mark):
                nonlocal told
                end = time.monotonic() + 60
                while mark not in told:
                    self.assertTrue(time.monotonic() < end and select.select([ours], [], [], 60)[0], told)
                    told += os.read(ours, 65536)
                before, told = told.split(mark, 1)
                return before.decode()

            try:
                # The tag is put together by the shell, so that the echo of this line is not taken for its answer.
                os.write(ours, f"fpath=({folder} $fpath); autoload -U compinit; compinit -u -D; bindkey -e; "
                         "show() { zle -I; print -r -- \"<$BUFFER>\"; BUFFER= }; zle -N show; bindkey '^X^T' show; "
                         "print re''ady\n".encode())
                until(b"ready")
                shown = []
                for words in lines:
                    os.write(ours, " ".join(words).encode() + b"\t\x18\x14")
                    until(b"<cloche")
                    shown.append(("cloche" + until(b">")).rstrip("= ").split())
                return shown
            finally:
                shell.kill()
                shell.wait()
                os.close(ours)

    def options(self, command):
        return re.findall(r"^  (--[a-z-]+)", run([CLOCHE, command, "--help"]).stdout, re.M)

    def test_offer_every_option_of_every_command(self):
        commands = command_names()
        lines = [["cloche", command, "--"] for command in commands]
        for shell in (self.bash, self.fish):
            for command, offered in zip(commands, shell(lines), strict=True):
                with self.subTest(shell=shell.__name__, command=command):
                    self.assertEqual(set(offered), set(self.options(command)))

    def test_offer_the_commands(self):
        self.assertEqual(self.bash([["cloche", "ru"]]), [["run"]])
        self.assertEqual(set(self.bash([["cloche", ""]])[0]), {*command_names(), "--help", "--version"})
        self.assertLessEqual(set(command_names()), set(self.fish([["cloche", ""]])[0]))

    def test_offer_the_values_that_are_words(self):
        for shell in (self.bash, self.fish):
            offered = shell([["cloche", "run", "--landlock", "r"], ["cloche", "run", "--net", "h"],
                             ["cloche", "kill", "--signal", "US"]])
            self.assertEqual([sorted(words) for words in offered], [["require"], ["host"], ["USR1", "USR2"]])

    def test_of_zsh_complete_what_is_typed(self):
        typed, wanted = [["cloche", "upd"]], [["cloche", "update"]]
        for command in command_names():
            options = self.options(command)
            for option in options:
                begun = option[:-2]
                if sum(one.startswith(begun) for one in options) == 1 and len(begun) > 3:
                    typed.append(["cloche", command, begun])
                    wanted.append(["cloche", command, option])
        self.assertGreater(len(typed), 30)
        self.assertEqual(self.zsh(typed), wanted)

    def test_of_zsh_are_a_function_that_zsh_takes(self):
        with tempfile.TemporaryDirectory() as folder:
            checked = run(["zsh", "-f", "-n", self.written("zsh", folder)])
            self.assertEqual((checked.returncode, checked.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]] + sys.argv[3:], verbosity=2)
