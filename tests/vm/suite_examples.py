#!/usr/bin/env python3
"""The examples of the manual and the README that need cgroups, run as they stand by an ordinary user. In a bed."""
import shlex
import shutil
import sys

import bedside


def main():
    if not bedside.wait_for_manager():
        sys.exit("the user's manager is not up")
    if "memory" not in bedside.delegated():
        sys.exit("there is no memory controller here: run this in a guest, not in the native bed")
    if bedside.IN_BED:
        shutil.copy("/bed/make", "/usr/local/bin")  # the trees have none; the guest forgets it again
    here = "/bed/examples" if bedside.IN_BED else "tests/docs"
    source = here if bedside.IN_BED else "."
    line = shlex.join([sys.executable, f"{here}/examples.py", source, bedside.CLOCHE])
    ended = bedside.command(*bedside.in_session(f"CLOCHE_EXAMPLES={bedside.HOME} {line}"), timeout=1200)
    print(ended.stdout + ended.stderr)
    left = bedside.leftovers()
    if left:
        print("left:", left)
    return 1 if left else ended.returncode


if __name__ == "__main__":
    sys.exit(main())
