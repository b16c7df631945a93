#!/bin/bash
# Real builds by an ordinary user: tests/builds/run.sh CLOCHE
#
# Each source package of packages.txt is built and tested twice, by its own means: once as usual, and once
# inside cloche, without network. Both have to succeed, and to leave the same files. Then cloche builds and
# tests itself. Prints a TAP line for each.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cloche=$1
[ "$(id -u)" -ne 0 ] || { echo "tests/builds/run.sh: this is for an ordinary user; tools/check.sh makes one" >&2; exit 2; }
work=$(mktemp -d "$HOME/builds-XXXXXX")
trap 'rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8

. "$here/../../tools/source-packages.sh"
. "$here/../support/tap.sh"

apt_folders
apt update >"$work/log" 2>&1 || { cat "$work/log" >&2; echo "not ok 1 - the list of sources can be had"; exit 1; }

while read -r name kind recipe; do
  case $name in '' | '#'*) continue ;; esac
  fetch "$name" || { result 1 "$name ($kind) can be had" "$work/log"; continue; }
  mkdir -p "$work/outside" "$work/inside"
  cp -a "$work/fetched/$name" "$work/outside/$name"
  mv "$work/fetched/$name" "$work/inside/$name"

  outside=0 inside=0
  (cd "$work/outside/$name" && env -i PATH="$PATH" HOME="$work/home" LC_ALL=C.UTF-8 MAKEFLAGS=-j2 sh -ec "$recipe") \
    </dev/null >"$work/$name.outside" 2>&1 || outside=$?
  (cd "$work/inside/$name" && "$cloche" run --quiet --env MAKEFLAGS=-j2 --env LC_ALL -- sh -ec "$recipe") \
    </dev/null >"$work/$name.inside" 2>&1 || inside=$?

  files_of_build "$work/outside/$name" >"$work/outside.files"
  files_of_build "$work/inside/$name" >"$work/inside.files"
  status=0
  if [ "$outside" -ne 0 ]; then
    status=1
    { cat "$work/$name.outside"; echo "exit status $outside outside of the sandbox already"; } >"$work/said"
  elif [ "$inside" -ne 0 ]; then
    status=1
    { cat "$work/$name.inside"; echo "exit status $inside inside, 0 outside"; } >"$work/said"
  elif ! diff "$work/outside.files" "$work/inside.files" >"$work/said"; then
    status=1
    echo "not the same files outside (<) and inside (>)" >>"$work/said"
  fi
  result "$status" "$name ($kind) is built and tested inside as outside: $(wc -l <"$work/inside.files") files" "$work/said"
done <"$here/packages.txt"

# cloche itself, its unit tests included. Its own tests of sandboxes need what a sandbox does not give.
mkdir -p "$work/self"
tar -C "$here/../.." --exclude='./build*' --exclude=./.git -cf - . | tar -C "$work/self" -xf -
status=0
(cd "$work/self" && "$cloche" run --quiet -- sh -ec 'meson setup made && meson test -C made --suite unit') \
  </dev/null >"$work/self.inside" 2>&1 || status=$?
result "$status" "cloche is built and tested inside cloche" "$work/self.inside"
finish
