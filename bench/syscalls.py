"""The measuring half of bench/syscalls: syscalls.py BUILD_DIR WORK_DIR ROUNDS, where WORK_DIR/fetched/zlib is a
configured source tree."""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "seccomp"))
from common import interleaved, ratio, system_view, table, verdict
from profiles import WITHOUT_CGROUPS, as_runtimes

build, work, rounds = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]), int(sys.argv[3])
cloche, loop = str(build / "src" / "cloche"), str(build / "bench" / "syscall_loop")
ENGINES = "/usr/share/containers/seccomp.json"


def under_cloche(seccomp):
    return [cloche, "run", "--quiet", "--map", "single", "--seccomp", seccomp, "--ro", f"{loop}:/tmp/loop", "--",
            "/tmp/loop"]


def under_crun():
    """The engines' profile as crun loads it, in a bundle that holds nothing but the loop."""
    bundle = work / "bundle"
    for folder in ("rootfs/dev", "rootfs/proc"):
        (bundle / folder).mkdir(parents=True)
    shutil.copy(loop, bundle / "rootfs" / "loop")
    config = {"ociVersion": "1.0.2", "root": {"path": "rootfs"},
              "process": {"cwd": "/", "args": ["/loop"], "env": ["PATH=/"], "user": {"uid": 0, "gid": 0},
                          "noNewPrivileges": True, "capabilities": {"bounding": []}},
              "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
                         {"destination": "/dev", "type": "bind", "source": "/dev", "options": ["rbind"]}],
              "linux": {"namespaces": [{"type": kind} for kind in ("user", "pid", "mount", "ipc", "uts", "network")],
                        "uidMappings": [{"containerID": 0, "hostID": os.getuid(), "size": 1}],
                        "gidMappings": [{"containerID": 0, "hostID": os.getgid(), "size": 1}],
                        "seccomp": as_runtimes(json.loads(pathlib.Path(ENGINES).read_text()))}}
    (bundle / "config.json").write_text(json.dumps(config))
    return [*WITHOUT_CGROUPS, "crun", "--root", str(work / "crun"), "--cgroup-manager=disabled", "run",
            "--bundle", str(bundle), "loop"]


def single_calls():
    allow_all = work / "allow-all.json"
    allow_all.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW"}))
    commands = {"no filter": under_cloche("none"), "allow-all": under_cloche(str(allow_all)),
                "cloche's": under_cloche("default"), "Docker's, by cloche": under_cloche(ENGINES),
                "Docker's, under crun": under_crun()}
    times = {name: {} for name in commands}
    for turn in range(rounds):
        for name, command in commands.items():
            said = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, text=True)
            for line in said.stdout.splitlines():
                call, nanoseconds = line.split()
                times[name].setdefault(call, []).append(float(nanoseconds))
    medians = {name: {call: statistics.median(all_) for call, all_ in calls.items()} for name, calls in times.items()}
    calls = list(medians["allow-all"])
    print(f"{'ns a call, and against allow-all':32}" + "".join(f"{call:>20}" for call in calls))
    for name, median in medians.items():
        print(f"{name:32}" + "".join(f"{median[c]:12.1f} {median[c] / medians['allow-all'][c]:7.3f}" for c in calls))
    for call in calls:
        verdict(f"{call} under cloche's filter against allow-all",
                medians["cloche's"][call] / medians["allow-all"][call], 1.05)


def real_build():
    project = work / "fetched" / "zlib"
    os.chdir(project)
    make = ["make", "-j2"]
    bubblewrap = ["bwrap", "--unshare-all", *system_view(), "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp",
                  "--bind", str(project), str(project), "--chdir", str(project)]
    commands = {"bare": make, "bubblewrap": bubblewrap + make, "cloche": [cloche, "run", "--quiet", "--", *make]}
    samples = interleaved(commands, rounds, warm_up=1, prepare=lambda: subprocess.run(
        ["make", "clean"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    print("\nmake -j2 of zlib")
    table(samples, "bubblewrap")
    verdict("make -j2 under cloche against bubblewrap", ratio(samples, "cloche", "bubblewrap"), 1.02)


if os.getuid() == 0:
    sys.exit("run bench/syscalls, which becomes an ordinary user")
single_calls()
real_build()
