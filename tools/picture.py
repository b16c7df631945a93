#!/usr/bin/env python3
"""Draws what a terminal shows while commands run, as SVG, for the README.

  tools/picture.py -o docs/run.svg [--width 92] [--directory DIR] [--hide TEXT=SHOWN]… -- 'COMMAND' 'COMMAND'…

Each COMMAND is run by sh in a terminal of its own, after a line "$ COMMAND". What is drawn is what was shown:
colours, bold and dim are kept; programs that move the cursor about are not for this. --hide replaces a text
in what is shown (a home folder's path, say) and in the command lines."""
import argparse
import fcntl
import html
import os
import pty
import re
import struct
import subprocess
import sys
import termios

COLOURS = {30: "#5c6370", 31: "#e06c75", 32: "#98c379", 33: "#e5c07b", 34: "#61afef", 35: "#c678dd", 36: "#56b6c2",
           37: "#dcdfe4", 90: "#7f848e", 91: "#ff7a85", 92: "#b5e890", 93: "#ffd68a", 94: "#7cc3ff", 95: "#d99bf0",
           96: "#7fdce8", 97: "#ffffff"}
TEXT, GROUND, PROMPT = "#dcdfe4", "#1e2127", "#98c379"
CELL_WIDTH, LINE_HEIGHT, MARGIN, BAR = 8.4, 20, 18, 34


def shown_by(command, width, directory):
    """All that `command` writes to a terminal of `width` columns, and its exit status."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    environment = dict(os.environ, TERM="xterm-256color", LANG="C.UTF-8")
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen(["sh", "-c", command], stdin=its, stdout=its, stderr=its, cwd=directory,
                               env=environment, start_new_session=True,
                               preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.close(its)
    output = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed: the program has ended
            break
        if not part:
            break
        output += part
    os.close(ours)
    return output.decode("utf-8", "replace"), process.wait()


def lines_of(text, width):
    """Lines of (character, style) cells; a style is (colour, bold, dim)."""
    lines, line, column = [], [], 0
    style = (TEXT, False, False)
    for token in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b.|[\s\S]", text):
        if token.startswith("\x1b["):
            if token.endswith("m"):
                colour, bold, dim = style
                for code in (int(word or 0) for word in token[2:-1].split(";")):
                    if code == 0:
                        colour, bold, dim = TEXT, False, False
                    elif code == 1:
                        bold = True
                    elif code == 2:
                        dim = True
                    elif code == 22:
                        bold = dim = False
                    elif code == 39:
                        colour = TEXT
                    elif code in COLOURS:
                        colour = COLOURS[code]
                style = (colour, bold, dim)
        elif token == "\n":
            lines.append(line)
            line, column = [], 0
        elif token == "\r":
            column = 0
        elif token == "\t":
            column = (column // 8 + 1) * 8
        elif token >= " " and not token.startswith("\x1b"):
            if column == width:
                lines.append(line)
                line, column = [], 0
            line += [(" ", style)] * (column + 1 - len(line))
            line[column] = (token, style)
            column += 1
    if line:
        lines.append(line)
    return lines


def spans(line):
    """The line's runs of one style, each with the column it begins at."""
    start = 0
    for end in range(1, len(line) + 1):
        if end == len(line) or line[end][1] != line[start][1]:
            yield start, "".join(character for character, _ in line[start:end]), line[start][1]
            start = end


def svg(lines, width, title):
    height = BAR + len(lines) * LINE_HEIGHT + 2 * MARGIN
    full = round(width * CELL_WIDTH + 2 * MARGIN)
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{full}" height="{height}" viewBox="0 0 {full} {height}" '
           f'role="img" aria-label="{html.escape(title, quote=True)}">')
    yield ("<style>text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
           "font-size:14px;white-space:pre}</style>")
    yield f'<rect width="{full}" height="{height}" rx="9" fill="{GROUND}"/>'
    for index, colour in enumerate(("#e06c75", "#e5c07b", "#98c379")):
        yield f'<circle cx="{MARGIN + 6 + index * 20}" cy="19" r="6" fill="{colour}"/>'
    for number, line in enumerate(lines):
        y = BAR + MARGIN + number * LINE_HEIGHT
        for column, text, (colour, bold, dim) in spans(line):
            if not text.strip():
                continue
            extra = (' font-weight="bold"' if bold else "") + (' opacity="0.6"' if dim else "")
            # textLength keeps the columns whatever font the reader's machine has.
            yield (f'<text x="{MARGIN + column * CELL_WIDTH:.1f}" y="{y}" fill="{colour}"{extra} '
                   f'textLength="{len(text) * CELL_WIDTH:.1f}" lengthAdjust="spacingAndGlyphs">'
                   f"{html.escape(text)}</text>")
    yield "</svg>"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("-o", "--output", required=True)
    options.add_argument("--width", type=int, default=92)
    options.add_argument("--directory", default=".")
    options.add_argument("--hide", action="append", default=[], metavar="TEXT=SHOWN")
    options.add_argument("commands", nargs="+")
    given = options.parse_args()

    def hidden(text):
        for pair in given.hide:
            secret, _, shown = pair.partition("=")
            text = text.replace(secret, shown)
        return text

    lines = []
    for command in given.commands:
        if lines:
            lines.append([])
        prompt = [("$", (PROMPT, True, False)), (" ", (TEXT, False, False))]
        lines.append(prompt + [(character, (TEXT, True, False)) for character in hidden(command)])
        output, _ = shown_by(command, given.width, given.directory)
        lines += lines_of(hidden(output), given.width)
    picture = "\n".join(svg(lines, given.width, " ; ".join(map(hidden, given.commands)))) + "\n"
    with open(given.output, "w", encoding="utf-8") as file:
        file.write(picture)
    print(f"{given.output}: {len(lines)} lines", file=sys.stderr)


if __name__ == "__main__":
    main()
