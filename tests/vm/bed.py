#!/usr/bin/env python3
"""Test beds with a systemd and cgroups of their own, and the suites that run in them.

  bed.py BED SUITE.py… [--build DIR] [--boot WORDS] [--carry PROGRAM]… [--keep]

BED is `bookworm` or `trixie`: a Debian guest under QEMU's software emulation, which needs no root and no KVM;
or `native`: the systemd of bookworm in namespaces on this machine's own kernel, which needs root, starts in
seconds and has whatever controllers this kernel's cgroup v2 tree has.

A bed's tree is made once (mmdebstrap, from the mirror that this machine is set up with) and kept in
$XDG_CACHE_HOME/cloche (default ~/.cache/cloche) under a name that is a checksum of how it is made. A guest
boots from it without ever writing to it. The suites run in the bed one after the other, as root, beside the built
`cloche`, and become the ordinary user `tester` for what they test. Their output is this program's, with a line
`ok` or `not ok` for each; its exit status is 0 when all are ok.
"""
import argparse
import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = ("systemd systemd-sysv dbus dbus-user-session libpam-systemd uidmap linux-image-cloud-amd64 python3 "
            "procps kmod util-linux libstdc++6 libsystemd0 apparmor secilc").split()
BOOT_PATIENCE = 600  # s until the suite's first word: a minute on a quiet machine
SUITES_PATIENCE = 3600
# An emulated timer is late on a busy machine, which is not to be taken for a broken one; and a panic ends the guest.
KERNEL_WORDS = "root=/dev/vda rw console=ttyS0 systemd.show_status=0 no_timer_check panic=-1"

# What is changed in the tree. $1 is its root.
CUSTOMIZE = """set -e
chroot "$1" useradd --create-home --shell /bin/bash tester
chroot "$1" usermod --add-subuids 300000-365535 --add-subgids 300000-365535 tester
mkdir -p "$1/var/lib/systemd/linger" "$1/etc/systemd/system/multi-user.target.wants" "$1/bed"
: > "$1/var/lib/systemd/linger/tester"
echo bed > "$1/etc/hostname"
: > "$1/etc/fstab"
# A getty would hang up the line that the results come through.
for unit in serial-getty@.service getty@.service apt-daily.timer apt-daily-upgrade.timer; do
  ln -sf /dev/null "$1/etc/systemd/system/$unit"
done
cat > "$1/etc/systemd/system/bed.service" <<'UNIT'
[Unit]
ConditionPathExists=/dev/ttyS1
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/bash /usr/local/sbin/bed-main
[Install]
WantedBy=graphical.target
UNIT
mkdir -p "$1/etc/systemd/system/graphical.target.wants"
ln -sf ../bed.service "$1/etc/systemd/system/graphical.target.wants/bed.service"
cat > "$1/usr/local/sbin/bed-main" <<'MAIN'
stty -F /dev/ttyS1 raw
exec >/dev/ttyS1 2>&1 </dev/null
tar -xf /dev/vdb -C /bed
echo "bed: booted"
bash /bed/start
echo "bed: ended $?"
systemctl poweroff --force --force
MAIN
rm -rf "$1/usr/share/doc" "$1/usr/share/man" "$1/usr/share/locale" "$1/var/cache/apt" "$1/var/lib/apt/lists"
"""


def say(text):
    print(f"bed: {text}", file=sys.stderr, flush=True)


def cache():
    folder = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "cloche"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def tree(suite):
    """The tree of a Debian suite as a tar archive, made if it is not there yet."""
    key = hashlib.sha256(repr((suite, PACKAGES, CUSTOMIZE)).encode()).hexdigest()[:16]
    made = cache() / f"{suite}-{key}.tar"
    if made.exists():
        return made
    say(f"making the tree of {suite}: a minute or two")
    with tempfile.TemporaryDirectory(dir=cache()) as work:
        hook = pathlib.Path(work) / "customize"
        hook.write_text("#!/bin/sh\n" + CUSTOMIZE)
        hook.chmod(0o755)
        os.chmod(work, 0o755)
        part = pathlib.Path(work) / "tree.tar"
        with open(part, "wb") as target:
            subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", "--include=" + ",".join(PACKAGES),
                            f"--customize-hook={hook} \"$1\"", suite, "-"], stdout=target, check=True)
        part.rename(made)
    return made


def guest(suite):
    """A folder with disk.img, vmlinuz and initrd of a Debian suite."""
    archive = tree(suite)
    made = archive.with_suffix("")
    if made.is_dir():
        return made
    say(f"making the disk of {suite}")
    with tempfile.TemporaryDirectory(dir=cache()) as work:
        work = pathlib.Path(work)
        (work / "guest").mkdir()
        for name in ("vmlinuz", "initrd"):
            with tarfile.open(archive) as tar:
                member = next(m for m in tar if re.match(rf"(\./)?boot/{name}", m.name) and m.isfile())
                with open(work / "guest" / name, "wb") as target:
                    shutil.copyfileobj(tar.extractfile(member), target)
        # Owners have to survive the way from the archive to the disk: root's do by themselves, an ordinary
        # user takes the subordinate ids, as mmdebstrap did.
        script = ('mkdir tree && tar --exclude=./boot --exclude="./dev/*" -xf "$1" -C tree && '
                  'mke2fs -q -t ext4 -d tree guest/disk.img 2500M && rm -rf tree')
        inside = [] if os.getuid() == 0 else ["unshare", "--map-auto", "--map-root-user"]
        subprocess.run([*inside, "sh", "-ec", script, "sh", str(archive)], cwd=work, check=True)
        (work / "guest").rename(made)
    return made


def carry(program, target):
    """A program of this machine, its libraries in NAME.d beside it: the bed's tree need not have it."""
    shutil.copy(program, target)
    listed = subprocess.run(["ldd", program], capture_output=True, text=True).stdout  # none for a script
    libraries = re.findall(r"=> (/\S+)", listed)
    if libraries:
        (target / f"{program.name}.d").mkdir()
    for library in libraries:
        shutil.copy(library, target / f"{program.name}.d")


def luggage(suites, build, target, carried=()):
    """What goes into a bed: the suites, the built cloche, what is carried along and the script that runs them."""
    for program in carried:
        carry(program, target)
    lines = ["cd /bed && chmod 755 /bed || exit 1", "export PYTHONDONTWRITEBYTECODE=1", "status=0"]
    for suite in suites:
        lines.append(f"if python3 -u {suite.name}; then echo 'ok - {suite.name}'; "
                     f"else status=1; echo 'not ok - {suite.name}'; fi")
    (target / "start").write_text("\n".join(lines + ["exit $status", ""]))
    for folder in {HERE, *(suite.resolve().parent for suite in suites)}:
        for path in folder.glob("*.py"):
            shutil.copy(path, target)
    shutil.copy(build / "src/cloche", target)
    os.chmod(target / "cloche", 0o755)
    if (build / "src/shared/cloche").exists():  # the program that opens libraries, where the other is linked statically
        (target / "shared").mkdir()
        shutil.copy(build / "src/shared/cloche", target / "shared")
    # The manual's examples, the make that they call, and the README's picture.
    source, shown = HERE.parent.parent, target / "examples"
    shutil.copytree(source / "man", shown / "man")
    for path in ("README.md", "tests/docs/examples.py", "tools/picture.py", "docs/run.svg"):
        if (source / path).exists():
            shutil.copy(source / path, shown)
    shutil.copy(shutil.which("make"), target)
    for package in (source / "build-package").glob("cloche_*.deb"):  # tests/package/build.sh
        shutil.copy(package, target / "cloche.deb")


def run_guest(suite, suites, build, boot, keep):
    image = guest(suite)
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        (work / "bed").mkdir()
        luggage(suites, build, work / "bed")
        subprocess.run(["tar", "-C", work / "bed", "-cf", work / "input.tar", "."], check=True)
        results, console = work / "results", work / "console"
        results.touch()
        machine = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", "2048", "-smp", "2",
             "-display", "none", "-no-reboot", "-nic", "none",
             "-drive", f"file={image}/disk.img,if=virtio,snapshot=on,format=raw",
             "-drive", f"file={work}/input.tar,if=virtio,readonly=on,format=raw",
             "-serial", f"file:{console}", "-serial", f"file:{results}",
             "-kernel", image / "vmlinuz", "-initrd", image / "initrd",
             "-append", f"{KERNEL_WORDS} {boot}"],
            stdin=subprocess.DEVNULL)
        try:
            status = follow(results, machine)
        finally:
            machine.terminate()
            machine.wait()
            if keep:
                shutil.copy(console, "bed-console.log")
        if status is None:
            sys.stderr.write(console.read_text(errors="replace")[-3000:])
        return status


def follow(results, machine):
    """Passes the guest's output on until its last line; its status, None if that never came."""
    begun = time.monotonic()
    booted, told = False, ""
    with open(results, errors="replace") as lines:
        while True:
            text = lines.readline()
            told += text
            if text.endswith("\n"):
                line, told = told.strip("\r\n"), ""
                ended = re.fullmatch(r"bed: ended (\d+)", line)
                if ended:
                    return int(ended.group(1))
                if line == "bed: booted":
                    booted = True
                    say(f"booted after {time.monotonic() - begun:.0f} s")
                else:
                    print(line, flush=True)
                continue
            if machine.poll() is not None:
                say("the guest went down before the suite ended")
                return None
            if time.monotonic() - begun > (SUITES_PATIENCE if booted else BOOT_PATIENCE):
                say("the guest " + ("did not end in time" if booted else "did not boot"))
                return None
            time.sleep(0.2)


def run_native(suites, build, carried):
    """systemd as pid 1 of namespaces, below a cgroup of its own that is removed again."""
    archive = tree("bookworm")
    root = archive.with_suffix(".root")
    if not root.is_dir():
        part = pathlib.Path(tempfile.mkdtemp(dir=cache()))
        subprocess.run(["tar", "--exclude=./boot", "--exclude=./dev/*", "-xf", archive, "-C", part], check=True)
        part.chmod(0o755)
        part.rename(root)
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        luggage(suites, build, work, carried)
        os.chmod(work, 0o755)
        return subprocess.run(["bash", HERE / "native.sh", root, work]).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bed", choices=["bookworm", "trixie", "native"])
    parser.add_argument("suites", type=pathlib.Path, nargs="*", help="without one, the bed is only made")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"), help="Meson's build folder")
    parser.add_argument("--boot", default="", help="more words for the guest's kernel")
    parser.add_argument("--carry", type=pathlib.Path, action="append", default=[],
                        help="a program that goes along as /bed/NAME, in the native bed")
    parser.add_argument("--keep", action="store_true", help="leave the guest's console in bed-console.log")
    words = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of what ends a guest
    if words.bed == "native":
        if os.getuid() != 0:
            sys.exit("bed.py: the native bed needs root; the guests do not")
        if not words.suites:
            return tree("bookworm") and 0
        return run_native(words.suites, words.build.resolve(), words.carry)
    if not words.suites:
        return guest(words.bed) and 0
    status = run_guest(words.bed, words.suites, words.build.resolve(), words.boot, words.keep)
    return 1 if status is None else status


if __name__ == "__main__":
    sys.exit(main())
