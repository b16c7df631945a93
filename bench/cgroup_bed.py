#!/usr/bin/env python3
"""The part of bench/cgroup that root does in the native test bed: the comparison with the peers by an ordinary user,
from inside its manager; then what the cgroup adds to a run, cloche as a user whose systemd gives it one in turn with
cloche as a user who has no systemd, from the same place."""
import json
import os
import pathlib
import pwd
import subprocess
import sys

import bedside
from common import interleaved, ratio, run_once, table, verdict

ROUNDS = 100
PLACE = bedside.UNIFIED / "user.slice/user-1000.slice/user@1000.service/app.slice/place.service/cgroup.procs"


class Runner:
    """A process of `user` in the manager's subtree that runs commands: becoming somebody else and moving to another
    cgroup cost more than what is measured, so they are done once."""

    def __init__(self, user):
        entry = pwd.getpwnam(user)

        def become():
            PLACE.write_text(str(os.getpid()))
            os.initgroups(user, entry.pw_gid)
            os.setgid(entry.pw_gid)
            os.setuid(entry.pw_uid)

        environment = {"PATH": "/usr/bin:/bin", "HOME": entry.pw_dir, "XDG_RUNTIME_DIR": f"/run/user/{entry.pw_uid}"}
        self.process = subprocess.Popen([sys.executable, __file__, "runner"], preexec_fn=become, cwd=entry.pw_dir,
                                        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, command):
        print(json.dumps(command), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())


def be_runner():
    for line in sys.stdin:
        print(json.dumps(run_once(json.loads(line))), flush=True)


def main():
    if not bedside.wait_for_manager():
        sys.exit("the user's manager is not up")
    pathlib.Path("/bed/src").mkdir()
    os.symlink("/bed/cloche", "/bed/src/cloche")
    os.chmod("/bed/cgroup", 0o755)
    peers = bedside.in_manager(f"CRUN_LIBRARIES=/bed/crun.d PATH=/bed:$PATH python3 /bed/cgroup /bed {ROUNDS}")
    status = subprocess.run(peers).returncode

    subprocess.run(["useradd", "--create-home", "plain"], check=True)
    subprocess.run(["usermod", "--add-subuids", "400000-465535", "--add-subgids", "400000-465535", "plain"], check=True)
    subprocess.run(bedside.as_user("systemd-run", "--user", "--quiet", "--unit=place", "sleep", "infinity"), check=True)
    with_cgroup, without = "cloche, with a cgroup", "cloche, with none to be had"
    command = [bedside.CLOCHE, "run", "true"]
    samples = interleaved({with_cgroup: command, without: command}, ROUNDS,
                          options={with_cgroup: {"by": Runner("tester")}, without: {"by": Runner("plain")}},
                          run=lambda command, by: by.run(command))
    print()
    table(samples, without)
    verdict("a cgroup of its own against none", ratio(samples, with_cgroup, without), 1.2)
    return status


if __name__ == "__main__":
    sys.exit(be_runner() if "runner" in sys.argv else main())
