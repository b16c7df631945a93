#!/usr/bin/env python3
"""Writes src/start_order.ld: which functions the start of a run uses, in the order of their first use.

tools/start_order.py BUILD_DIR USER

The linker lays them side by side then (src/meson.build), so that a start touches a few pages of the program instead of
nearly all of them. Run it as root after a change to what a start does: it watches runs of USER's by a breakpoint on
each function, set anew in each process. A list that has grown old costs time and nothing else.
"""
import bisect
import ctypes
import os
import pathlib
import pwd
import re
import shlex
import signal
import subprocess
import sys
import tempfile

# What the default is made of, and the two ways that a run begins.
RUNS = (["run", "true"], ["run", "--map", "single", "true"])
HEADER = """/* The functions that the start of a run uses, in the order of their first use: side by side they are a few pages.
   Made by tools/start_order.py, which says when to make it anew. */
"""

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
CONT, GETREGS, SETREGS, DETACH, SEIZE = 7, 12, 13, 17, 0x4206
FORK, VFORK, CLONE, EXEC = 1, 2, 3, 4
OPTIONS = 1 << FORK | 1 << VFORK | 1 << CLONE | 1 << EXEC
ADDR_NO_RANDOMIZE = 0x0040000
WALL = 0x40000000
RIP = 16  # of user_regs_struct's words
BREAKPOINT = b"\xcc"


def ptrace(request, pid, address=None, data=None):
    if LIBC.ptrace(request, pid, address, data) == -1 and ctypes.get_errno() != 3:  # ESRCH: it has just been killed
        raise OSError(ctypes.get_errno(), f"ptrace({request})")


class Watched:
    """The run of a program, from its execve on, with the processes that it forks until they execute another."""

    def __init__(self, command, user, folder, functions):
        self.functions, self.used, self.bytes = functions, {}, {}
        self.first = os.fork()
        if self.first == 0:
            os.initgroups(user.pw_name, user.pw_gid)
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            os.chdir(folder)
            LIBC.personality(ADDR_NO_RANDOMIZE)
            os.kill(os.getpid(), signal.SIGSTOP)
            os.execve(command[0], command, {"HOME": user.pw_dir, "PATH": "/usr/bin:/bin"})
        os.waitpid(self.first, os.WUNTRACED)
        ptrace(SEIZE, self.first, None, OPTIONS)
        os.kill(self.first, signal.SIGCONT)
        self.begun = False
        while True:
            try:
                pid, status = os.waitpid(-1, WALL)
            except ChildProcessError:
                break
            if os.WIFSTOPPED(status):
                self.on_stop(pid, os.WSTOPSIG(status), status >> 16)
            elif pid == self.first and status != 0:
                sys.exit(f"{shlex.join(command)} ended with {status}")

    def on_stop(self, pid, number, event):
        deliver = None
        if event == EXEC and self.begun:
            return ptrace(DETACH, pid)
        if event == EXEC:
            self.begun = True
            self.set_breakpoints(pid)
        elif not event and number == signal.SIGTRAP and self.begun:
            deliver = None if self.on_breakpoint(pid) else number
        elif not event:
            deliver = number
        ptrace(CONT, pid, None, deliver)

    def set_breakpoints(self, pid):
        executable = os.readlink(f"/proc/{pid}/exe")
        with open(f"/proc/{pid}/maps") as maps:
            self.base = next(int(line.split("-")[0], 16) for line in maps if line.rstrip().endswith(executable))
        with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
            for offset in self.functions:
                memory.seek(self.base + offset)
                self.bytes[offset] = memory.read(1)
                memory.seek(self.base + offset)
                memory.write(BREAKPOINT)

    def on_breakpoint(self, pid):
        registers = (ctypes.c_ulong * 27)()
        ptrace(GETREGS, pid, None, ctypes.addressof(registers))
        offset = registers[RIP] - 1 - self.base
        if offset not in self.bytes:
            return False
        self.used.setdefault(offset)
        with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
            memory.seek(self.base + offset)
            memory.write(self.bytes[offset])
        registers[RIP] -= 1
        ptrace(SETREGS, pid, None, ctypes.addressof(registers))
        return True


def sections(link_map):
    """(begin, end, name, file) of each of the linker's input sections that hold code."""
    found, name = [], None
    for line in link_map.read_text().splitlines():
        if match := re.match(r" (\.text\S*)$", line):
            name = match[1]
            continue
        match = re.match(r" (\.text\S*)? +0x(\w+) +0x(\w+) (\S+)$", line)
        if match and (match[1] or name) and int(match[2], 16):
            begin = int(match[2], 16)
            found.append((begin, begin + int(match[3], 16), match[1] or name, match[4]))
        name = None
    return sorted(found)


def pattern(name, file):
    """What names the section to the linker on another machine, too."""
    if re.fullmatch(r"\.text(\.(unlikely|startup|hot|exit))?\.\w.*", name) and "libc.a" not in file:
        return f"*({name})"
    archive = re.fullmatch(r".*/([^/]+\.a)\((.+)\)", file)
    where = f"{archive[1]}:{archive[2]}" if archive else pathlib.Path(file).name
    # The C library has a function for each generation of processors.
    where = re.sub(r"-(evex|avx|sse|erms)[\w-]*\.o", "-*.o", where)
    return f"*{where}(.text .text.*)"


def main():
    build, user = pathlib.Path(sys.argv[1]).resolve(), pwd.getpwnam(sys.argv[2])
    link = subprocess.run(["ninja", "-C", build, "-t", "commands", "src/cloche"], check=True, capture_output=True,
                          text=True).stdout.splitlines()[-1]
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        work = os.path.join(folder, "work")  # the current folder of the runs: shared, with nothing in it
        os.mkdir(work)
        os.chown(work, user.pw_uid, user.pw_gid)
        program, link_map = pathlib.Path(folder, "cloche"), pathlib.Path(folder, "map")
        subprocess.run(link.replace("-o src/cloche ", f"-o {program} -Wl,-Map={link_map} "), check=True, shell=True, cwd=build)
        symbols = subprocess.run(["nm", "--defined-only", program], check=True, capture_output=True, text=True).stdout
        functions = {int(line.split()[0], 16) for line in symbols.splitlines() if line.split()[1] in "tTwWi"}
        known = sections(link_map)
        begins = [begin for begin, *_ in known]
        # Not what the linker makes itself, nor marks between sections.
        functions = {f for f in functions if (i := bisect.bisect(begins, f) - 1) >= 0 and f < known[i][1]}
        patterns = {}
        for run in RUNS:
            for offset in Watched([str(program), *run], user, work, functions).used:
                patterns.setdefault(pattern(*known[bisect.bisect(begins, offset) - 1][2:]))
    lines = "".join(f"    {one}\n" for one in patterns)
    target = pathlib.Path(__file__).resolve().parent.parent / "src" / "start_order.ld"
    target.write_text(f"{HEADER}SECTIONS\n{{\n  .text.start :\n  {{\n{lines}  }}\n}}\nINSERT BEFORE .text;\n")
    print(f"{len(patterns)} of {len(known)} sections")


main()
