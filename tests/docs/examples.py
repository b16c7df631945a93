"""The examples of the manual and the README, and a small world in which each of them really runs.

  for example in examples(source):         every line that calls cloche: .page, .line
      if not needs_cgroup(example): ...    those run on any host (test_docs.py), the others in a guest

  examples.py SOURCE CLOCHE                runs those that need cgroups, and prints a line for each; the suite of
                                           tests/vm calls it so, as an ordinary user with a systemd session

A line that acts on a running sandbox gets one of that name, begun for it alone. All are run by sh as they stand.
"""
import collections
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

Example = collections.namedtuple("Example", "page line")

LIMITS = ("--memory", "--swap", "--cpus", "--cpu-", "--tasks", "--io-", "--cpuset")
ON_A_NAME = ("stats", "inspect", "exec", "kill", "pause", "resume", "update")
PATIENCE = 120

MAKEFILE = """all test:
\t@echo $@ $(DEBUG) > result
forever:
\t@echo > begun; while :; do sleep 1; done
"""
# A root tree with three programs, as debootstrap makes one with some hundred.
ROOT_TREE = """set -e
mkdir -p "$1/usr/bin" "$1/etc" && cd "$1"
for folder in bin lib lib64; do mkdir -p usr/$folder && ln -s usr/$folder $folder; done
for program in sh cat ls; do
  cp "$(command -v $program)" usr/bin
  ldd "$(command -v $program)" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p ".$(dirname "$library")" && cp -n "$library" ".$library"; done
done
cp /etc/os-release etc
"""


def examples(source):
    """The lines of each page's EXAMPLES, and of the README's shell blocks."""
    source = pathlib.Path(source)
    for page in sorted((source / "man").glob("*.scd")):
        text = page.read_text(encoding="utf-8")
        if "\n# EXAMPLES\n" not in text:
            continue
        for line in re.findall(r"^\t(cloche .*)$", text.split("\n# EXAMPLES\n", 1)[1].split("\n# ", 1)[0], re.M):
            yield Example(page.name, re.sub(r"\\(.)", r"\1", line))
    for block in re.findall(r"^```sh\n(.*?)^```", (source / "README.md").read_text(encoding="utf-8"), re.M | re.S):
        for line in re.findall(r"^(cloche .*?)(?:\s+#.*)?$", block, re.M):
            yield Example("README.md", line)


def command_of(example):
    return example.line.split()[1]


def needs_cgroup(example):
    options = example.line.split(" -- ")[0]
    return command_of(example) in ("pause", "resume", "update") or any(mark in options for mark in LIMITS)


def acted_on(example):
    """The name of the sandbox that a line acts on, None where it acts on none."""
    words = example.line.split()
    return words[2] if words[1] in ON_A_NAME and len(words) > 2 and not words[2].startswith("-") else None


class World:
    """A project with a Makefile and a repository, a home, and cloche in the PATH."""

    def __init__(self, cloche):
        self._folder = tempfile.TemporaryDirectory(prefix="cloche-examples-", dir=os.environ.get("CLOCHE_EXAMPLES"))
        top = pathlib.Path(self._folder.name)
        self.project, self.home, tools = top / "project", top / "home", top / "bin"
        for path in (self.project, self.home / "src/lib", self.home / ".zfunc", self.home / ".config/fish/completions",
                     self.home / ".local/share/bash-completion/completions", tools):
            path.mkdir(parents=True)
        (tools / "cloche").symlink_to(cloche)
        (self.project / "Makefile").write_text(MAKEFILE)
        if shutil.which("git"):
            subprocess.run("git init -q . && git init -q --bare upstream.git && git remote add origin upstream.git",
                           shell=True, cwd=self.project, check=True, env={**os.environ, "HOME": str(self.home)})
        subprocess.run(["sh", "-c", ROOT_TREE, "sh", self.home / "debian"], check=True)
        self.environment = {"PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin", "HOME": str(self.home), "LANG": "C.UTF-8",
                            **{name: os.environ[name] for name in ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
                               if name in os.environ}}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    def cloche(self, *words):
        return subprocess.run(["cloche", *words], cwd=self.project, env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=PATIENCE)

    def run(self, example):
        """Runs a line; what is wrong with how it went, "" if nothing is."""
        name = acted_on(example)
        watching = "--watch" in example.line
        running = self.begin(name or "watched", example) if name or watching else None
        try:
            if watching:
                return self.watch(example)
            ended = subprocess.run(["sh", "-c", example.line], cwd=self.project, env=self.environment, timeout=PATIENCE,
                                   stdin=subprocess.DEVNULL, capture_output=True, text=True)
            if ended.returncode != 0:
                return f"ended with {ended.returncode}: {ended.stderr}"
            if command_of(example) == "kill" and running.wait(PATIENCE) not in (137, 143, 2):
                return f"the sandbox ended with {running.returncode}"
            return ""
        finally:
            if running:
                self.cloche("kill", name or "watched")
                running.communicate(timeout=PATIENCE)

    def begin(self, name, example):
        (self.project / "begun").unlink(missing_ok=True)
        limits = ["--memory", "1G", "--tasks", "500"] if needs_cgroup(example) else []
        started = subprocess.Popen(["cloche", "run", "--name", name, *limits, "--", "make", "forever"], cwd=self.project,
                                   env=self.environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                   stdout=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE
        while not (self.project / "begun").exists():
            if started.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"no sandbox for {example.line!r}: {started.communicate()[1]}")
            time.sleep(0.05)
        return started

    def watch(self, example):
        """A live table wants a terminal, and the key that ends it once it shows the sandbox."""
        ours, its = pty.openpty()
        process = subprocess.Popen(["sh", "-c", example.line], cwd=self.project, stdin=its, stdout=its, stderr=its,
                                   env={**self.environment, "TERM": "xterm"}, start_new_session=True)
        os.close(its)
        shown, end = b"", time.monotonic() + PATIENCE
        try:
            while b"watched" not in shown:
                if time.monotonic() > end or not select.select([ours], [], [], PATIENCE)[0]:
                    return "the table does not show the sandbox"
                shown += os.read(ours, 65536)
            os.write(ours, b"q")
            while process.poll() is None and time.monotonic() < end:
                if select.select([ours], [], [], 0.1)[0]:
                    try:
                        os.read(ours, 65536)
                    except OSError:  # its end is closed
                        break
            status = process.wait(PATIENCE)
            return "" if status == 0 else f"ended with {status}"
        except OSError:
            return f"it ended by itself: {shown.decode(errors='replace')}"
        finally:
            process.kill()
            process.wait()
            os.close(ours)


def main(source, cloche):
    bad = good = 0
    with World(os.path.abspath(cloche)) as world:
        for example in filter(needs_cgroup, examples(source)):
            wrong = world.run(example)
            print(f"{'not ok' if wrong else 'ok'} - {example.page}: {example.line}" + (f"\n{wrong}" if wrong else ""),
                  flush=True)
            bad, good = bad + bool(wrong), good + (not wrong)
    return 1 if bad or not good else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
