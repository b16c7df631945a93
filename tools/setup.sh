#!/bin/sh
# Installs the Debian packages of the sections named (tools/packages.txt), as root or through sudo, and only
# those that are missing: tools/setup.sh build run check
set -eu
cd "$(dirname "$0")/.."

wanted=
for section in "$@"; do
  names=$(awk -v "section=[$section]" '/^\[/ { on = ($1 == section); next } on && NF && !/^#/ { print $1 }' \
    tools/packages.txt)
  [ -n "$names" ] || { echo "tools/setup.sh: no section [$section] in tools/packages.txt" >&2; exit 2; }
  wanted="$wanted $names"
done

missing=
for name in $wanted; do
  file=${name#*@}
  if [ "$file" != "$name" ] && [ -e "$file" ]; then continue; fi
  name=${name%%@*}
  # "not-installed" is what dpkg says of a package that it once heard of.
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true)" = installed ] || missing="$missing $name"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "tools/setup.sh: these packages are missing, and there is no sudo to install them with:$missing" >&2
    exit 1
  }
  as_root="sudo"
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# A mirror that is busy for a moment is asked again.
for attempt in 1 2 3; do
  if $as_root apt-get -qq update >"$log" 2>&1 &&
    $as_root apt-get -qq -y -o DPkg::Lock::Timeout=120 --no-install-recommends install $missing >>"$log" 2>&1; then
    rm -f "$log"
    exit 0
  fi
  sleep $((attempt * 5))
done
cat "$log" >&2
echo "tools/setup.sh: apt-get could not install:$missing" >&2
exit 1
