#!/bin/bash
# Starts the systemd of a Debian tree in namespaces on this machine's own kernel, runs the suite in it and
# takes everything away again. Called by bed.py, as root:  native.sh TREE LUGGAGE
set -euo pipefail
tree=$1 luggage=$2

unified=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
own_mount=
if [ -z "$unified" ]; then
  unified=$(mktemp -d)
  own_mount=$unified
  mount -t cgroup2 none "$unified"
fi
cgroup=$unified/cloche-bed-$$
mkdir "$cgroup"
work=$(mktemp -d)

clean_up() {
  # Killing pid 1 of the namespace takes all that is in it; the cgroups are then empty.
  if [ -n "${outer:-}" ]; then kill -9 "$outer" 2>/dev/null || true; wait "$outer" 2>/dev/null || true; fi
  echo 1 >"$cgroup/cgroup.kill" 2>/dev/null || true
  for _ in $(seq 100); do
    find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || true
    [ -d "$cgroup" ] || break
    sleep 0.05
  done
  if [ -n "$own_mount" ]; then umount "$own_mount" && rmdir "$own_mount"; fi
  rm -rf "$work"
}
trap clean_up EXIT

cat >"$work/inside" <<'INSIDE'
set -e
tree=$1 luggage=$2 work=$3
mount --make-rprivate /
# Whatever the suite changes is forgotten: the tree itself lies below and is only read.
mount -t tmpfs tmpfs "$work"
mkdir "$work/upper" "$work/scratch" "$work/root"
mount -t overlay -o "lowerdir=$tree,upperdir=$work/upper,workdir=$work/scratch" overlay "$work/root"
cd "$work/root"
mkdir -p bed old
cp -r "$luggage/." bed
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
  touch dev/$device
  mount --bind /dev/$device dev/$device
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs tmpfs tmp
pivot_root . old
umount -l old
exec env -i container=bed PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --log-target=null </dev/null >/dev/null 2>&1
INSIDE

(
  echo "$BASHPID" >"$cgroup/cgroup.procs"
  exec unshare --mount --pid --fork --kill-child --ipc --uts --net --cgroup bash "$work/inside" "$tree" "$luggage" "$work"
) &
outer=$!

init=
for _ in $(seq 200); do
  init=$(cat /proc/"$outer"/task/"$outer"/children 2>/dev/null | tr -d ' ' || true)
  if [ -n "$init" ] && nsenter -a -t "$init" /bin/sh -c '[ -S /run/user/1000/bus ]' 2>/dev/null; then break; fi
  sleep 0.1
done
# The suite must be a process of the bed's systemd: what nsenter starts stays in the cgroup of the caller.
nsenter -a -t "$init" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
  systemd-run --quiet --pipe --wait --collect --service-type=exec bash /bed/start
