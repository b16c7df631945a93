#!/usr/bin/env python3
"""cloche-profile(5), the JSON Schema, the shipped profiles and the reader agree, and the manual's example runs.

test_profiles.py CLOCHE SOURCE_DIR
"""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import unittest

import jsonschema

CLOCHE, SOURCE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
SHIPPED = sorted(glob.glob(os.path.join(SOURCE, "profiles", "*.toml")))


def text_of(*path):
    with open(os.path.join(SOURCE, *path), encoding="utf-8") as file:
        return file.read()


def run(*words, **options):
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, **options)


def schema():
    return json.loads(run(CLOCHE, "profile", "schema").stdout)


def keys_of_schema():
    """("view", "ro") and the option that it is the twin of."""
    for name, one in schema()["properties"].items():
        inner = one.get("properties")
        for section, key, row in [(name, key, row) for key, row in inner.items()] if inner else [("", name, one)]:
            option = re.search(r"\(--([a-z-]+)\)$", row["description"])
            yield section, key, option.group(1) if option else None


class TheManual(unittest.TestCase):
    def keys(self):
        part = text_of("man", "cloche-profile.5.scd").split("# KEYS", 1)[1].split("\n# SHIPPED", 1)[0]
        section = ""
        for line in part.splitlines():
            if head := re.match(r"## \[([a-z]+)\]", line):
                section = head.group(1)
            elif key := re.match(r"\*([a-z-]+)\* = ", line):
                current = key.group(1)
                yield section, current, None
            elif option := re.search(r"\(\*--([a-z-]+)\*\)\.", line):
                yield section, current, option.group(1)

    def test_has_every_key_with_its_option_and_no_other(self):
        found = {}
        for section, key, option in self.keys():
            found[section, key] = option or found.get((section, key))
        self.assertEqual(found, {(section, key): option for section, key, option in keys_of_schema()})

    def test_names_every_option_of_run_that_has_a_twin(self):
        in_help = set(re.findall(r"^  --([a-z-]+)", run(CLOCHE, "run", "--help").stdout, re.M))
        twins = {option for _, _, option in keys_of_schema() if option}
        self.assertLessEqual(twins, in_help)

    def test_has_every_shipped_profile(self):
        page = text_of("man", "cloche-profile.5.scd")
        for path in SHIPPED:
            self.assertIn("*" + os.path.basename(path).removesuffix(".toml") + "*", page)

    def test_has_an_example_that_runs(self):
        example = re.search(r"^# EXAMPLE.*?^```\n(.*?)^```", text_of("man", "cloche-profile.5.scd"), re.M | re.S).group(1)
        with tempfile.TemporaryDirectory() as folder:
            profiles = os.path.join(folder, "config", "cloche", "profiles")
            project = os.path.join(folder, "project")
            os.makedirs(profiles)
            os.makedirs(project)
            for path, text in ((f"{profiles}/site.toml", example), (f"{project}/.env", "secret\n"),
                               (f"{project}/Makefile", "site:\n\tcat .env || true\n\techo $$SITE > $$CACHE/x && cp "
                                                       "$$CACHE/x site && ls /mnt/doc > /dev/null && ulimit -n\n")):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
            environment = {"PATH": "/usr/bin:/bin", "XDG_CONFIG_HOME": os.path.join(folder, "config")}
            ended = run(CLOCHE, "run", "--profile", "site", "--", "make", "-s", "site", cwd=project, env=environment)
            self.assertEqual((ended.returncode, ended.stdout), (0, "1024\n"), ended.stderr)
            with open(os.path.join(project, "site"), encoding="utf-8") as file:
                self.assertEqual(file.read(), "https://example.org\n")


class TheSchema(unittest.TestCase):
    def wrong(self, text):
        return list(jsonschema.Draft7Validator(schema()).iter_errors(tomllib.loads(text)))

    def test_is_a_schema(self):
        jsonschema.Draft7Validator.check_schema(schema())

    def test_takes_every_shipped_profile_and_the_manuals_example(self):
        texts = [text_of(path) for path in SHIPPED]
        self.assertGreaterEqual(len(texts), 10)
        texts += re.findall(r"^```\n(.*?)^```", text_of("man", "cloche-profile.5.scd"), re.M | re.S)
        texts.append(text_of("tests", "fuzz", "corpus", "profile", "all-keys.toml"))
        for text in texts:
            with self.subTest(text=text[:60]):
                self.assertEqual(self.wrong(text), [])

    def test_refuses_what_the_reader_refuses(self):
        for text in ("viw = {}", "[view]\nroo = []", "[view]\nro = '/a'", "[network]\nmode = 'bridge'",
                     "[network]\ntcp-bind = [65536]", "[policy]\nallow = ['ptrac']", "[limits]\ntasks = true",
                     "[[syscalls.rules]]\nnames = ['x']", "[[syscalls.rules]]\nnames = ['read']\naction = 'deny'"):
            with self.subTest(text=text), tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
                self.assertTrue(self.wrong(text))
                file.write(text)
                file.flush()
                self.assertEqual(run(CLOCHE, "profile", "check", file.name).returncode, 1)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]] + sys.argv[3:], verbosity=2)
