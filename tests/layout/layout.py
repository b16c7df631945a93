#!/usr/bin/env python3
"""Rules of the house that a compiler does not hold. layout.py SOURCE prints a TAP line a rule.

  includes run one way: base <- spec, host, cgroup <- policy <- plan <- trace <- learn, sandbox <- doctor <- cli; lab stands
    beside plan and sandbox, child alone
  no file is longer than 500 lines, and headers begin by saying what they are for
  no test is skipped without a reason, none is switched off
  nothing is left for later in the code
  no host of a package mirror, and no path of somebody's machine, is written down
"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()

# Each folder of src, and what it may include besides itself.
LOWER = {"base"}
VALUES = LOWER | {"spec", "host", "cgroup"}
MAY_INCLUDE = {
    "base": set(),
    "spec": LOWER,
    "host": LOWER,
    "cgroup": LOWER,
    "policy": VALUES,
    "plan": VALUES | {"policy"},
    "trace": VALUES | {"policy", "plan"},
    "learn": VALUES | {"policy", "plan", "trace"},
    "child": set(),
    "sandbox": VALUES | {"policy", "plan", "trace", "child"},
    "doctor": VALUES | {"policy", "plan", "trace", "sandbox"},
    "lab": LOWER | {"host", "cgroup", "policy"},
    "cli": VALUES | {"policy", "plan", "trace", "learn", "sandbox", "doctor", "lab"},
}
LONGEST = 500


def files(*suffixes, below=("src", "tests", "bench", "tools", "fuzz")):
    for folder in below:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and path.suffix in suffixes and "__pycache__" not in path.parts:
                yield path


def name(path):
    return path.relative_to(root)


def generated():
    """Files that the build makes to be included: named as an output by a meson.build of src."""
    text = "".join(path.read_text() for path in (root / "src").rglob("meson.build"))
    return set(re.findall(r"output: *\[?'([^']+\.(?:h|inc))'", text))


def include_order():
    made = generated()
    for path in files(".cc", ".h", ".c", below=("src",)):
        folder = path.relative_to(root / "src").parts[0]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not found:
                continue
            target = found.group(1)
            if target.split("/")[-1] in made:
                continue
            if not (root / "src" / target).is_file():
                yield f"{name(path)}:{number}: \"{target}\" is no path from src/"
                continue
            if folder == "main.cc":
                continue
            if folder not in MAY_INCLUDE:
                yield f"{name(path)}: the folder {folder} is not in the order of includes"
                break
            other = target.split("/")[0]
            if other != folder and other not in MAY_INCLUDE[folder]:
                yield f"{name(path)}:{number}: {folder} must not include {other}"


def file_length():
    for path in files(".cc", ".h", ".c", ".py", ".sh"):
        count = len(path.read_text().splitlines())
        if count > LONGEST:
            yield f"{name(path)} has {count} lines, {LONGEST} is the limit"


def header_introductions():
    for path in files(".h"):
        text = path.read_text()
        if not text.startswith("//"):
            yield f"{name(path)} does not begin by saying what it is for"
        if "#pragma once" not in text:
            yield f"{name(path)} has no #pragma once"


def skips():
    for path in files(".cc", below=("tests",)):
        text = path.read_text()
        for found in re.finditer(r"GTEST_SKIP\(\)([^;]*);", text):
            if '"' not in found.group(1):
                yield f"{name(path)}: a skip without a reason"
        if re.search(r"\bDISABLED_", text):
            yield f"{name(path)}: a test that is switched off"


def unfinished():
    # Spelt so that this file does not find itself.
    words = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
    for path in files(".cc", ".h", ".c", ".py", ".sh", ".build"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if words.search(line) and "mkdtemp" not in line and "XXXXXX" not in line:
                yield f"{name(path)}:{number}: {line.strip()}"


def places():
    wrong = re.compile(r"deb\.debian\.org|security\.debian\.org|/root/\.|/work/")
    for path in files(".cc", ".h", ".c", ".py", ".sh", ".build", ".txt", ".mk"):
        if path.name == "layout.py":
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if wrong.search(line):
                yield f"{name(path)}:{number}: {line.strip()}"


RULES = [
    ("includes run one way", include_order),
    ("no file is too long", file_length),
    ("headers say what they are for", header_introductions),
    ("no test is skipped without a reason", skips),
    ("nothing is left for later", unfinished),
    ("no mirror and no machine is named", places),
]

failed = False
print(f"1..{len(RULES)}")
for number, (title, rule) in enumerate(RULES, 1):
    findings = list(rule())
    failed = failed or bool(findings)
    print(f"{'not ok' if findings else 'ok'} {number} - {title}")
    for finding in findings:
        print(f"#   {finding}")
sys.exit(1 if failed else 0)
