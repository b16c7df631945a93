#!/usr/bin/env python3
"""The shipped profiles, each on the programs that it is for: they do their job, and a secret beside it stays
unreadable. Offline, as an ordinary user, with the programs of /usr/bin.

test_shipped.py CLOCHE [CLASS…]
"""
import json
import os
import pty
import pwd
import select
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
import zipfile

CLOCHE = os.path.abspath(sys.argv[1])
HOME = os.path.realpath(pwd.getpwuid(os.getuid()).pw_dir)
SECRET = "cloche-test-secret-7319"


class Lent:
    """Files in the user's real home, which is the one that profiles mean by $HOME. What is there already is left
    as it is, and all that was made is taken away again."""

    def __init__(self):
        self.made = []

    def write(self, path, text):
        path = os.path.join(HOME, path)
        folder = os.path.dirname(path)
        missing = []
        while not os.path.isdir(folder):
            missing.append(folder)
            folder = os.path.dirname(folder)
        for one in reversed(missing):
            os.mkdir(one)
            self.made.append(one)
        if not os.path.exists(path):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            self.made.append(path)

    def take_away(self):
        for path in reversed(self.made):
            shutil.rmtree(path, ignore_errors=True) if os.path.isdir(path) else os.unlink(path)


class Profile(unittest.TestCase):
    """A project in a folder of the home, with a secret beside it and secrets where programs keep theirs."""

    name = None
    secrets = [".netrc", ".npmrc", ".pypirc", ".git-credentials", ".cargo/credentials.toml", ".cargo/config.toml",
               ".config/git/credentials", ".config/pip/pip.conf", ".ssh/id_cloche_test", ".bash_history"]

    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix=".cloche-profiles-", dir=HOME))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.lent = Lent()
        self.addCleanup(self.lent.take_away)
        for path in self.secrets:
            self.lent.write(path, SECRET + "\n")
        self.project = os.path.join(self.folder, "project")
        self.caches = os.path.join(self.folder, "caches")
        os.makedirs(self.project)
        os.makedirs(self.caches)
        self.write("../beside", SECRET + "\n")
        self.environment = {"HOME": HOME, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "XDG_CACHE_HOME": self.caches,
                            "XDG_CONFIG_HOME": os.path.join(self.folder, "config"), "API_TOKEN": SECRET}

    def write(self, path, text, mode=0o644):
        path = os.path.join(self.project, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(text))
        os.chmod(path, mode)

    def outside(self, *words, **options):
        ended = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
                               cwd=self.project, env={**self.environment, **options.pop("env", {})}, **options)
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        return ended.stdout

    def run_it(self, *words, options=(), text=True):
        return subprocess.run([CLOCHE, "run", "--quiet", "--profile", self.name, *options, "--", *words],
                              stdin=subprocess.DEVNULL, capture_output=True, text=text, timeout=500,
                              cwd=self.project, env=self.environment)

    def inside(self, *words, options=(), text=True):
        ended = self.run_it(*words, options=options, text=text)
        self.assertEqual(ended.returncode, 0, f"{words}:\n{ended.stdout}\n{ended.stderr}")
        return ended.stdout

    def refused(self, *words):
        ended = self.run_it(*words)
        self.assertNotEqual(ended.returncode, 0, f"{words}:\n{ended.stdout}")
        self.assertNotEqual(ended.returncode, 125, ended.stderr)
        return ended.stderr

    def has(self, path):
        return os.path.exists(os.path.join(self.project, path))

    def check_secrets(self):
        """Whatever a program inside tries to read of them, it is not there; outside, as a control, it is."""
        look = ("cat ../beside " + " ".join(f"~/{path}" for path in self.secrets) +
                "; grep -rs " + SECRET + " ~ --exclude-dir=project --exclude-dir=.rustup; env; cat /proc/*/environ")
        self.assertIn(SECRET, self.outside("sh", "-c", "cat ../beside"))
        said = self.run_it("sh", "-c", look)
        self.assertNotEqual(said.returncode, 125, said.stderr)
        self.assertNotIn(SECRET, said.stdout + said.stderr)
        network = self.run_it("sh", "-c", "cat /proc/net/route | wc -l")
        self.assertEqual(network.stdout.strip(), "1", network)


class Default(Profile):
    name = "default"

    def test_is_what_a_run_gets_anyway(self):
        said = [subprocess.run([CLOCHE, "run", "--dry-run", "--name", "x", *options, "--", "true"], cwd=self.project,
                               capture_output=True, text=True, env=self.environment, check=True).stdout
                for options in ([], ["--profile", "default"])]
        self.assertEqual(json.loads(said[0]), json.loads(said[1]))
        self.inside("sh", "-c", "echo made > made")
        self.assertTrue(self.has("made"))
        self.check_secrets()


class Strict(Profile):
    name = "strict"

    def test_computes_and_keeps_nothing(self):
        self.write("numbers", "".join(f"{n}\n" for n in range(1000, 0, -1)))
        self.assertEqual(self.inside("sh", "-c", "sort -n numbers | awk '{s += $1} END {print s}'"), "500500\n")
        self.assertEqual(self.inside("/usr/bin/python3", "-c", "print(sum(map(int, open('numbers'))))"), "500500\n")
        self.assertEqual(self.inside("sh", "-c", "seq 9 | tac > /tmp/x && head -1 /tmp/x"), "9\n")
        self.assertIn("Read-only", self.refused("sh", "-c", "echo x > made"))
        self.assertIn("Read-only", self.refused("sh", "-c", "echo x >> numbers"))
        self.refused("/usr/bin/python3", "-c", "import socket; socket.socket()")
        self.refused("sh", "-c", "head -c 300M /dev/zero > /tmp/large")
        self.assertFalse(self.has("made"))
        self.check_secrets()

    def test_goes_with_options_over_it(self):
        self.inside("sh", "-c", "echo x > made", options=["--here", "rw"])
        self.assertTrue(self.has("made"))


class Build(Profile):
    name = "build"

    def setUp(self):
        super().setUp()
        self.write("main.c", "#include <stdio.h>\nint main(void) { puts(WORD); return 0; }\n")

    def built(self, path):
        self.assertEqual(self.outside(os.path.join(self.project, path)), "built\n")

    def test_makes(self):
        self.write("Makefile", "out/main: main.c\n\tmkdir -p out\n\t$(CC) $(CFLAGS) -DWORD='\"built\"' -o $@ main.c\n")
        self.environment["CFLAGS"] = "-O2 -DCLOCHE_TEST"
        self.assertIn("-DCLOCHE_TEST", self.inside("make", "-j2"))
        self.built("out/main")
        self.check_secrets()

    def test_builds_with_cmake_ninja_and_ctest(self):
        self.write("CMakeLists.txt", """\
            cmake_minimum_required(VERSION 3.20)
            project(x C)
            enable_testing()
            add_executable(main main.c)
            target_compile_definitions(main PRIVATE WORD="built")
            add_test(NAME runs COMMAND main)
            """)
        self.inside("sh", "-ec", "cmake -S . -B out -G Ninja && cmake --build out && ctest --test-dir out")
        self.built("out/main")

    def test_builds_with_meson(self):
        self.write("meson.build", "project('x', 'c')\nm = executable('main', 'main.c', c_args: '-DWORD=\"built\"')\n"
                                  "test('runs', m)\n")
        self.inside("sh", "-ec", "/usr/bin/meson setup out && /usr/bin/meson test -C out")
        self.built("out/main")

    def test_uses_a_compiler_cache_of_its_own(self):
        mine = os.path.join(self.caches, "ccache")
        own = os.path.join(self.caches, "cloche", "ccache")
        os.makedirs(mine)
        os.makedirs(own)
        with open(os.path.join(mine, "mark"), "w", encoding="utf-8") as file:
            file.write(SECRET)
        compile_it = "ccache cc -DWORD='\"built\"' -c main.c -o main.o && ccache --print-stats"
        self.assertIn("cache_miss\t1", self.inside("sh", "-c", compile_it))
        self.assertIn("direct_cache_hit\t1", self.inside("sh", "-c", compile_it))
        self.assertEqual(os.listdir(mine), ["mark"])
        self.assertTrue(os.listdir(own))
        self.check_secrets()


class Rust(Profile):
    name = "rust"

    def test_builds_and_tests_with_a_crate_that_is_there(self):
        crate = ".cargo/registry/cloche-test/part"
        self.lent.write(crate + "/Cargo.toml", '[package]\nname = "part"\nversion = "1.0.0"\nedition = "2021"\n')
        self.lent.write(crate + "/src/lib.rs", "pub fn word() -> &'static str { \"built\" }\n")
        self.lent.write(crate + "/.cargo-checksum.json", '{"files": {}, "package": null}')
        self.write(".cargo/config.toml", f"""\
            [source.crates-io]
            replace-with = "there"
            [source.there]
            directory = "{HOME}/.cargo/registry/cloche-test"
            """)
        self.write("Cargo.toml", """\
            [package]
            name = "main"
            version = "0.1.0"
            edition = "2021"
            build = "build.rs"
            [dependencies]
            part = "1"
            """)
        self.write("build.rs", f"""\
            fn main() {{
                for path in ["{HOME}/.cargo/credentials.toml", "../beside"] {{
                    println!("cargo:warning=read {{:?}}", std::fs::read_to_string(path));
                }}
            }}
            """)
        self.write("src/main.rs", "fn main() { println!(\"{}\", part::word()); }\n"
                                  "#[test]\nfn is_built() { assert_eq!(part::word(), \"built\"); }\n")
        said = self.run_it("/usr/bin/cargo", "test", "--offline")
        self.assertEqual(said.returncode, 0, said.stdout + said.stderr)
        self.assertIn("1 passed", said.stdout)
        self.assertIn("warning: read Err", said.stderr)
        self.assertNotIn(SECRET, said.stdout + said.stderr)
        self.assertEqual(self.inside("/usr/bin/cargo", "run", "--offline", "-q"), "built\n")
        self.refused("sh", "-c", "echo x > ~/.cargo/registry/cloche-test/part/src/lib.rs")
        self.check_secrets()


class Go(Profile):
    name = "go"

    def test_builds_and_tests_with_a_module_that_is_there(self):
        proxy = os.path.join(self.folder, "proxy")
        module = "example.org/cloche-test"
        at = os.path.join(proxy, module, "@v")
        os.makedirs(at)
        go_mod = f"module {module}\n\ngo 1.19\n"
        files = {"list": "v1.0.0\n", "v1.0.0.info": '{"Version": "v1.0.0"}', "v1.0.0.mod": go_mod}
        for name, text in files.items():
            with open(os.path.join(at, name), "w", encoding="utf-8") as file:
                file.write(text)

        with zipfile.ZipFile(os.path.join(at, "v1.0.0.zip"), "w") as archive:
            archive.writestr(f"{module}@v1.0.0/go.mod", go_mod)
            archive.writestr(f"{module}@v1.0.0/part.go", "package part\n\nfunc Word() string { return \"built\" }\n")
        self.write("go.mod", f"module example.org/program\n\ngo 1.19\n\nrequire {module} v1.0.0\n")
        self.write("main.go", f"package main\n\nimport part \"{module}\"\n\nfunc main() {{ println(part.Word()) }}\n")
        self.write("main_test.go", f"""\
            package main

            import (
            \t"os"
            \t"testing"

            \tpart "{module}"
            )

            func TestWord(t *testing.T) {{
            \tif part.Word() != "built" {{
            \t\tt.Fatal(part.Word())
            \t}}
            \tif text, err := os.ReadFile("../beside"); err == nil {{
            \t\tt.Fatal(string(text))
            \t}}
            }}
            """)
        # What a `go mod download` of yours leaves in the home. Its own folders are made here, to be taken away.
        for path in ("go/pkg/mod/cache/download/cloche-test-mark", "go/pkg/mod/example.org/cloche-test-mark",
                     "go/pkg/mod/cache/download/example.org/cloche-test-mark"):
            self.lent.write(path, "")
        self.outside("/usr/bin/go", "mod", "tidy", env={
            "GOPROXY": "file://" + proxy, "GONOSUMDB": "*", "GONOSUMCHECK": "1", "GOFLAGS": "-modcacherw",
            "GOSUMDB": "off", "GOCACHE": os.path.join(self.folder, "go-build")})
        shutil.rmtree(proxy)
        self.inside("/usr/bin/go", "build", "-o", "main", ".")
        self.inside("/usr/bin/go", "test", "./...")
        self.assertTrue(self.has("main"))
        self.refused("sh", "-c", "echo x > ~/go/pkg/mod/cache/download/cloche-test-mark")
        self.check_secrets()


class Node(Profile):
    name = "node"

    def test_installs_a_local_package_with_its_install_script(self):
        self.write("part/package.json", json.dumps({
            "name": "part", "version": "1.0.0", "main": "part.js", "scripts": {"install": "node install.js"}}))
        self.write("part/part.js", "exports.word = require('fs').readFileSync(__dirname + '/word', 'utf8');\n")
        self.write("part/install.js", """\
            const fs = require('fs');
            fs.writeFileSync('word', 'built');
            for (const path of ['/.npmrc', '/.netrc'])
              try { fs.writeFileSync('stolen', fs.readFileSync(process.env.HOME + path)); } catch (error) {}
            """)
        self.write("package.json", json.dumps({"name": "main", "version": "1.0.0", "dependencies": {"part": "file:part"}}))
        self.write("main.js", "console.log(require('part').word);\n")
        self.inside("/usr/bin/npm", "install", "--offline", "--install-links")
        self.assertEqual(self.inside("/usr/bin/node", "main.js"), "built\n")
        self.assertTrue(self.has("node_modules/part/word"))
        for path in ("part/stolen", "node_modules/part/stolen"):
            self.assertFalse(self.has(path), path)
        self.check_secrets()

    def test_uses_a_cache_of_its_own(self):
        own = os.path.join(self.caches, "cloche", "npm")
        os.makedirs(own)
        self.write("part/package.json", json.dumps({"name": "part", "version": "1.0.0"}))
        self.inside("sh", "-ec", "/usr/bin/npm pack ./part && /usr/bin/npm cache add ./part-1.0.0.tgz")
        self.assertTrue(os.listdir(own))


class Python(Profile):
    name = "python"

    def test_installs_a_package_with_an_extension_into_a_venv(self):
        self.write("part/setup.py", """\
            from setuptools import Extension, setup
            with open("told", "w") as told:
                try:
                    told.write(open("../../beside").read())
                except OSError as error:
                    told.write("no secret: " + str(error))
            setup(name="part", version="1.0", ext_modules=[Extension("part", ["part.c"])])
            """)
        self.write("part/part.c", """\
            #include <Python.h>
            static PyObject *word(PyObject *self, PyObject *none) { return PyUnicode_FromString("built"); }
            static PyMethodDef methods[] = {{"word", word, METH_NOARGS, ""}, {0}};
            static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "part", 0, -1, methods};
            PyMODINIT_FUNC PyInit_part(void) { return PyModule_Create(&module); }
            """)
        self.inside("/usr/bin/python3", "-m", "venv", "venv")
        self.inside("venv/bin/pip", "install", "--no-index", "--no-build-isolation", "./part")
        self.assertIn("no secret:", self.outside("cat", "part/told"))
        self.assertEqual(self.inside("venv/bin/python", "-c", "import part; print(part.word())"), "built\n")
        self.check_secrets()


class Git(Profile):
    name = "git"

    def test_clones_and_commits_with_the_users_name(self):
        os.makedirs(os.path.join(self.folder, "config", "git"))
        with open(os.path.join(self.folder, "config", "git", "config"), "w", encoding="utf-8") as file:
            file.write("[user]\n\tname = Ann Onymous\n\temail = ann@example.org\n[credential]\n\thelper = store\n")
        with open(os.path.join(self.folder, "config", "git", "credentials"), "w", encoding="utf-8") as file:
            file.write(SECRET)
        self.outside("git", "init", "-q", "origin")
        self.write("origin/file", "one\n")
        self.outside("sh", "-ec", "cd origin; git add file; git commit -qm one")
        self.inside("git", "clone", "-q", "origin", "copy")
        self.inside("sh", "-ec", "cd copy; echo two >> file; git commit -qam two; git log --format='%an %s'")
        self.assertEqual(self.outside("git", "-C", "copy", "log", "--format=%an %s"),
                         "Ann Onymous two\nAnn Onymous one\n")
        self.inside("sh", "-ec", "cd copy; git checkout -qb side; git rebase -q HEAD~1; git fsck; git gc -q; git status")
        self.check_secrets()


class Shell(Profile):
    name = "shell"

    def test_is_a_shell_in_a_terminal(self):
        self.lent.write(".inputrc", "set bell-style none\n")
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.project)
            os.execve(CLOCHE, [CLOCHE, "run", "--profile", "shell", "--", "/bin/bash", "--noprofile"],
                      {**self.environment, "TERM": "dumb", "LS_COLORS": "di=01"})
        said = b""
        os.write(terminal, b"test -r ~/.inputrc && test ! -e ~/.bash_history && test $LS_COLORS = di=01 && "
                           b"test -t 0 && echo an$((1+1))swer; exit 7\n")
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                some = os.read(terminal, 4096)
            except OSError:
                break
            if not some:
                break
            said += some
        self.assertIn(b"an2swer", said)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 7)
        self.check_secrets()


class Media(Profile):
    name = "media"

    def picture(self):
        return b"P6\n64 64\n255\n" + bytes(x % 256 for x in range(64 * 64 * 3))

    def test_converts_a_picture_to_stdout(self):
        with open(os.path.join(self.project, "in.ppm"), "wb") as file:
            file.write(self.picture())
        png = self.inside("/usr/bin/convert", "in.ppm", "-resize", "32x32", "png:-", text=False)
        self.assertEqual(png[:8], b"\x89PNG\r\n\x1a\n")
        self.refused("/usr/bin/convert", "in.ppm", "out.png")
        self.refused("sh", "-c", "echo x >> in.ppm")
        self.refused("/usr/bin/python3", "-c", "import socket; socket.socket()")
        self.check_secrets()

    def test_converts_a_film_into_a_folder_that_is_named(self):
        os.mkdir(os.path.join(self.project, "out"))
        self.outside("/usr/bin/ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=d=1:s=64x64:r=5", "-c:v", "mpeg4",
                     "in.avi")
        self.inside("/usr/bin/ffmpeg", "-v", "error", "-i", "in.avi", "out/out.gif", options=["--rw", "out"])
        with open(os.path.join(self.project, "out", "out.gif"), "rb") as file:
            self.assertEqual(file.read(4), b"GIF8")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]] + sys.argv[2:], verbosity=2)
