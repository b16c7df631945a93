#!/usr/bin/env python3
"""The pages that cloche writes, opened in a headless Chromium, as somebody reads them: by day and by night, on a
screen, on a phone and on paper.

  test_pages.py CLOCHE MAKE_PAGES [--keep DIR] [unittest's arguments]

MAKE_PAGES writes pages of runs that were not run here (make_pages.cc); --keep leaves them, with a picture of each
way to look at them, in DIR.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import browser

HERE = pathlib.Path(__file__).resolve().parent
CLOCHE, MAKE_PAGES = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
LOOK = (HERE / "look.js").read_text().split("\n")
LOOK = "\n".join(line for line in LOOK if not line.startswith("//"))
RULES = "{smallest: 11, contrast: 4.5, lineContrast: 3}"
PHONE, DESK = 390, 1280
PAPER = 718  # px: A4 less the margins of Chromium's printing

folder = kept = chromium = None


def setUpModule():
    global folder, chromium
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cloche-pages-"))
    subprocess.run([MAKE_PAGES, folder], check=True, timeout=60)
    chromium = browser.Browser()
    chromium.__enter__()


def tearDownModule():
    chromium.__exit__()
    if kept:
        shutil.copytree(folder, kept, dirs_exist_ok=True)
    shutil.rmtree(folder)


def coloured(pdf):
    """How many points of a PDF, drawn small, are of a colour: what is left of its charts on paper."""
    drawn = subprocess.run(["pdftoppm", "-r", "40", pdf], capture_output=True, check=True, timeout=60).stdout
    count = 0
    while drawn:
        kind, size, _, rest = drawn.split(b"\n", 3)
        if kind != b"P6":
            raise ValueError("pdftoppm wrote no PPM")
        across, down = map(int, size.split())
        points, drawn = rest[:across * down * 3], rest[across * down * 3:]
        count += sum(1 for red, blue in zip(points[0::3], points[2::3]) if abs(red - blue) > 60)
    return count


class Page:
    """What holds for every page. A case says which file, what must be read in it, and how many charts it has."""
    file = ""
    says = ()
    charts = 0
    limits = 0  # of those charts, how many show a limit

    @property
    def path(self):
        return folder / self.file

    def look(self, width, dark=False, medium="screen"):
        page = chromium.open(self.path, width=width, dark=dark, medium=medium)
        try:
            seen = page.ask(f"({LOOK})({RULES})")
            if kept and medium == "screen":
                page.screenshot(folder / f"{self.path.stem}-{width}{'-dark' if dark else ''}.png")
        finally:
            page.close()
        self.assertEqual(page.errors, [], "the console complained")
        self.assertEqual(page.requests, [self.path.as_uri()], "it fetched something")
        self.assertEqual(seen["findings"], [])
        return seen

    def check_charts(self, seen):
        charts = [chart for chart in seen["charts"] if chart["lines"]]
        self.assertEqual(len(charts), self.charts, seen["charts"])
        for chart in charts:
            with self.subTest(chart=chart["title"]):
                self.assertTrue(all(length > 100 for length in chart["lines"]), chart)
                self.assertTrue(all(points >= 2 for points in chart["points"]), chart)
                self.assertGreater(chart["width"], 150)
                self.assertGreater(chart["height"], 60)
        self.assertEqual(sum(chart["limit"] for chart in charts), self.limits)

    def check_words(self, text):
        for words in self.says:
            # A line may be broken anywhere, and small capitals are a matter of style.
            self.assertIn("".join(words.split()).lower(), "".join(text.split()).lower())

    def test_is_complete_and_legible_on_a_screen(self):
        seen = self.look(DESK)
        self.check_charts(seen)
        self.check_words(seen["text"])

    def test_is_legible_by_night(self):
        self.look(DESK, dark=True)

    def test_is_legible_on_a_phone(self):
        for dark in (False, True):
            self.check_charts(self.look(PHONE, dark))

    def test_is_legible_in_print_whatever_the_screen_was_like(self):
        for dark in (False, True):
            self.look(PAPER, dark, medium="print")

    def test_prints_to_paper(self):
        pdf = self.path.with_suffix(".pdf")
        page = chromium.open(self.path, dark=True)
        page.print_pdf(pdf)
        page.close()
        text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, check=True, text=True,
                              timeout=60).stdout
        sheets = text.split("\f")[:-1]
        self.assertTrue(sheets)
        for number, sheet in enumerate(sheets, 1):
            self.assertGreater(len(sheet.split()), 3, f"sheet {number} of {len(sheets)} is empty")
        self.check_words(text.replace("\f", ""))
        if self.charts:
            self.assertGreater(coloured(pdf), 200, "the charts are not on paper")


class TheReportOfARunWithEverything(Page, unittest.TestCase):
    file = "everything.html"
    says = ("out of memory at its limit of 64.0 MiB", "limit 64.0 MiB", "Refused calls", "What could not be had",
            "--io-max", "held back by the limit")
    charts, limits = 5, 3


class TheReportOfAShortRun(Page, unittest.TestCase):
    file = "short.html"
    says = ("succeeded", "None.")
    charts, limits = 5, 1


class TheReportOfARunWithoutACgroup(Page, unittest.TestCase):
    file = "no-cgroup.html"
    says = ("There are no charts",)


class TheReportOfALongRunWithLongWords(Page, unittest.TestCase):
    file = "long.html"
    says = ("killed by SIGSEGV", "What would help")
    charts, limits = 5, 3


class TheReportOfARunHere(Page, unittest.TestCase):
    """Written by cloche itself. Whether there is a cgroup, and charts, is this machine's affair."""
    file = "here.html"
    says = ("exited with status 3", "--timeout")

    def setUp(self):
        if self.path.exists():
            return
        project = folder / "project"
        project.mkdir(exist_ok=True)
        ended = subprocess.run([CLOCHE, "run", "--report", self.path, "--timeout", "1m", "--", "sh", "-c",
                                "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; exit 3"], cwd=project, timeout=120,
                               capture_output=True, text=True, stdin=subprocess.DEVNULL)
        self.assertEqual(ended.returncode, 3, ended.stderr)

    def check_charts(self, seen):
        has_none = "There are no charts" in seen["text"]
        self.assertEqual(len(seen["charts"]), 0 if has_none else 5)


class TheLab(Page, unittest.TestCase):
    """Written by cloche itself; which experiments can be made, and so which charts, is this machine's affair."""
    file = "lab.html"
    says = ("Can an ordinary user make a cgroup?", "What the kernel answered", "What stays possible")

    @classmethod
    def setUpClass(cls):
        made = subprocess.run([CLOCHE, "lab", "--html", folder / cls.file], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=600)
        if made.returncode != 0:
            raise AssertionError(f"cloche lab exited with {made.returncode}: {made.stderr}")

    def check_charts(self, seen):
        self.assertEqual([chart for chart in seen["charts"] if chart["lines"] and min(chart["points"]) < 2], [])


class APageThatIsWrong(unittest.TestCase):
    """What this test would say of pages with faults: it can fail."""

    def findings(self, html, width=PHONE, dark=False):
        path = folder / "wrong.html"
        path.write_text('<!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta name="viewport" '
                        'content="width=device-width"><title>x</title>' + html)
        page = chromium.open(path, width=width, dark=dark)
        found = page.ask(f"({LOOK})({RULES})")["findings"]
        page.close()
        return page, "; ".join(found)

    def test_is_found_out(self):
        for html, finding in [
                ("<p style='font-size:10px'>small", "is 10.0 px high"),
                ("<p style='white-space:nowrap'>" + "wide " * 40, "leaves the page"),
                ("<p style='color:#999'>faint", "has a contrast of 2."),
                ("<div style='background:#000;color:#222'>night</div>", "has a contrast of 1."),
                ("<p style='overflow:hidden;width:40px;white-space:nowrap'>cut off here", "is clipped by p"),
                ("<p>under</p><p style='position:absolute;top:16px;left:8px;margin:0'>above", "lies over"),
                ("<svg viewBox='0 0 1000 100' style='width:300px'><text x='9' y='50' font-size='20'>tiny</text></svg>",
                 "px high"),
                ("<svg viewBox='0 0 300 60' width='300' style='overflow:hidden'><text x='250' y='30'>beyond the edge"
                 "</text></svg>", "is clipped by svg"),
                ("<svg viewBox='0 0 300 60' width='300'><rect width='300' height='60' fill='#123'/>"
                 "<text x='9' y='30'>dark</text></svg>", "has a contrast"),
                ("<figure><svg><path class='line' d='M0 0L9 9' stroke='#eee'/></svg></figure>text", "path.line has a"),
                ("", "there is no text")]:
            with self.subTest(finding=finding, html=html[:40]):
                self.assertIn(finding, self.findings(html)[1])

    def test_is_not_found_where_nothing_is_wrong(self):
        self.assertEqual(self.findings("<p>A line of text.</p><pre style='overflow-x:auto'>" + "long " * 60)[1], "")

    def test_that_fetches_or_complains_is_noticed(self):
        page, _ = self.findings("<p>text<img src='https://example.org/a.png' alt=''>"
                                "<script>console.error('complaint')</script>")
        self.assertIn("https://example.org/a.png", page.requests)
        self.assertIn("complaint", page.errors)


if __name__ == "__main__":
    rest = sys.argv[3:]
    if rest[:1] == ["--keep"]:
        kept, rest = rest[1], rest[2:]
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
