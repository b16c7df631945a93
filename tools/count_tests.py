#!/usr/bin/env python3
"""Counts the single tests in Meson's report: count_tests.py JUNIT.XML LOG STATUS prints "PASSED FAILED SKIPPED".

A test program that ended in disorder leaves no single results: it counts as one failure. STATUS is that of
`meson test`, and keeps a failure from being lost if the report is missing or says something else."""
import re
import sys
import xml.etree.ElementTree as xml

report, log, status = sys.argv[1], sys.argv[2], int(sys.argv[3])
passed = failed = skipped = 0
try:
    for case in xml.parse(report).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
            print(f"failed: {case.get('classname')}.{case.get('name')}", file=sys.stderr)
        elif case.find("skipped") is not None or case.get("status") in ("notrun", "skipped") or case.get("result") in (
            "skipped",
            "suppressed",
        ):
            skipped += 1
            print(f"skipped: {case.get('classname')}.{case.get('name')}", file=sys.stderr)
        else:
            passed += 1
except (OSError, xml.ParseError) as error:
    print(f"no report: {error}", file=sys.stderr)
try:
    with open(log, encoding="utf-8", errors="replace") as text:
        broken = re.findall(r"^ *\d+/\d+ .*\b(TIMEOUT|ERROR|INTERRUPT)\b", text.read(), re.MULTILINE)
        failed += len(broken)
except OSError:
    pass
if status != 0 and failed == 0:
    failed = 1
print(passed, failed, skipped)
