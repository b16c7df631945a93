#!/usr/bin/env python3
"""The same filter file under crun, runc and cloche: compare.py BUILD_DIR prints a TAP line a filter.

A static probe (probe.c) makes every system call with chosen arguments under each of them. What a call comes to
is compared with what it comes to without a filter in the same box, so that only the filter speaks: passed,
refused with an errno, or killed. Run it as an ordinary user.
"""
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from profiles import WITHOUT_CGROUPS, as_runtimes, oci_filters

BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
CLOCHE = BUILD / "src" / "cloche"
PROBE = BUILD / "tests" / "seccomp" / "seccomp_probe"
ENGINES = "/usr/share/containers/seccomp.json"
ALL = (1 << 64) - 1

# x86-64's: exec would replace the probe, vfork and rt_sigreturn break its stack, exits end it by design.
LEFT_OUT = {15, 58, 59, 60, 231, 322}
HIGHEST_NAMED = 439  # faccessat2, in profiles.py
NUMBERS = [n for n in range(0, 335) if n not in LEFT_OUT] + list(range(424, 480)) + [600]


def cases():
    for number in NUMBERS:
        for args in ([0] * 6, [ALL] * 6):
            yield number, args
    # What the filters look at: families and protocols, personalities, flags of clone, halves of arguments.
    for family in (1, 2, 10, 16, 17, 40, 1 << 32 | 16):
        for protocol in (0, 9, 1 << 32 | 9):
            yield 41, [family, 2, protocol, 0, 0, 0]
    for value in (0, 8, 9, 0x20000, 0x20008, 0x40000, 0xFFFFFFFF, 1 << 32, 1 << 32 | 8):
        yield 135, [value, 0, 0, 0, 0, 0]
    for flags in (17, 0x10000000 | 17, 0x20000 | 17, 0x40000000 | 17):
        yield 56, [flags, 0, 0, 0, 0, 0]
    for first in (0, 1, 2, 3, 4, 5, 0xFF, 0x100, 1 << 32, (1 << 32) + 3, ALL):
        for second in (0, 1, 5, 1 << 32):
            yield 140, [first, second, 0, 0, 0, 0]  # getpriority


def words(all_cases):
    return [f"{number}:" + ",".join(f"{a:x}" for a in args) for number, args in all_cases]


def read(output):
    return dict(line.split(" ", 1) for line in output.splitlines())


def run(command, what):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{what}: status {done.returncode}: {done.stderr.strip()[-400:]}")
    return read(done.stdout)


class Runtime:
    """crun or runc, rootless: a bundle whose root holds nothing but the probe."""

    def __init__(self, name, folder):
        self.name, self.folder, self.turn = name, folder, 0
        self.options = ["--root", str(folder / f"{name}-state")]
        self.options += ["--cgroup-manager=disabled"] if name == "crun" else ["--rootless", "true"]
        self.prefix = WITHOUT_CGROUPS if name == "crun" else []

    def probe(self, filter_value, calls):
        bundle = self.folder / f"{self.name}-{self.turn}"
        self.turn += 1
        for place in ("proc", "dev"):
            (bundle / "rootfs" / place).mkdir(parents=True)
        shutil.copy(PROBE, bundle / "rootfs" / "probe")
        linux = {"namespaces": [{"type": kind} for kind in ("user", "pid", "mount", "ipc", "uts", "network")],
                 "uidMappings": [{"containerID": 0, "hostID": os.getuid(), "size": 1}],
                 "gidMappings": [{"containerID": 0, "hostID": os.getgid(), "size": 1}]}
        if filter_value is not None:
            linux["seccomp"] = filter_value
        config = {"ociVersion": "1.0.2", "root": {"path": "rootfs", "readonly": True}, "hostname": "probe",
                  "process": {"terminal": False, "cwd": "/", "args": ["/probe", *calls], "env": ["PATH=/"],
                              "user": {"uid": 0, "gid": 0}, "noNewPrivileges": True,
                              "capabilities": {kind: [] for kind in ("bounding", "effective", "permitted")}},
                  "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}], "linux": linux}
        (bundle / "config.json").write_text(json.dumps(config))
        return run([*self.prefix, self.name, *self.options, "run", "--bundle", str(bundle),
                    f"probe-{os.getpid()}-{self.turn}"], self.name)


class Cloche:
    name = "cloche"

    def __init__(self, folder):
        self.folder = folder

    def probe(self, path, calls):
        return run([str(CLOCHE), "run", "--quiet", "--map", "single", "--landlock", "off",
                    "--seccomp", "none" if path is None else str(path), "--ro", f"{PROBE}:/tmp/probe", "--",
                    "/tmp/probe", *calls], "cloche")


def verdicts(with_filter, without):
    """Only what the filter changed: the box around it may answer by itself."""
    return {call: "passed" if said == without[call] else said for call, said in with_filter.items()}


def compare(title, path, runtime_value, boxes, plain, calls):
    raw = boxes[0].probe(path, calls)
    cloche = verdicts(raw, plain["cloche"])
    problems = []
    for box in boxes[1:]:
        if box.name == "runc" and "flags" in runtime_value:
            continue  # Debian 12's takes none
        their_raw = box.probe(runtime_value, calls)
        theirs = verdicts(their_raw, plain[box.name])
        for call in calls:
            # Above the highest call that a file names, runc answers ENOSYS by itself, whatever the file says.
            if box.name == "runc" and int(call.split(":")[0]) > HIGHEST_NAMED:
                continue
            ours, other = cloche[call], theirs[call]
            # An errno that the call gives anyway cannot be told from the filter's.
            if ours != other and raw[call] != their_raw[call]:
                problems.append(f"{call}: {other} under {box.name}, {ours} under cloche")
    refused = sum(1 for said in cloche.values() if said != "passed")
    if not problems and not 0 < refused < len(calls):
        problems.append(f"{refused} of {len(calls)} calls are refused: the comparison says nothing")
    return problems, refused


def main():
    if os.getuid() == 0:
        sys.exit("run it as an ordinary user: root needs no sandbox to be rootless in")
    if platform.machine() != "x86_64":
        sys.exit("the probe's numbers are those of x86-64")
    calls = words(cases())
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        boxes = [Cloche(folder), Runtime("crun", folder), Runtime("runc", folder)]
        plain = {box.name: box.probe(None, calls) for box in boxes}
        tests = [(title, value, value) for title, value in oci_filters().items()]
        engines = json.loads(pathlib.Path(ENGINES).read_text())
        tests.append(("containers-common's profile", engines, as_runtimes(engines)))
        print(f"1..{len(tests)}")
        for turn, (title, ours, theirs) in enumerate(tests, 1):
            path = folder / f"filter-{turn}.json"
            path.write_text(json.dumps(ours))
            try:
                problems, refused = compare(title, path, theirs, boxes, plain, calls)
            except RuntimeError as error:
                problems, refused = [str(error)], 0
            failed = failed or bool(problems)
            print(f"{'not ok' if problems else 'ok'} {turn} - {title}: {len(calls)} calls, {refused} refused alike")
            for line in problems[:20]:
                print(f"#   {line}")
    sys.exit(1 if failed else 0)


main()
