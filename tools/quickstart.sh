#!/bin/bash
# From nothing to cloche at work, on a fresh Debian 12: installs what is missing, builds cloche, lets cloche
# build itself inside cloche, and then lets a hostile Makefile loose in it.
#
# As root, or as an ordinary user with sudo. cloche is for ordinary users, so root only installs: all else is
# then done by the user cloche-test, which is made if need be.
set -euo pipefail
cd "$(dirname "$0")/.."

bold= dim= green= red= plain=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
fi
title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
say() { printf '  %s\n' "$*"; }

if [ -z "${CLOCHE_QUICKSTART_INSTALLED:-}" ]; then
  title "1. What it takes"
  tools/setup.sh build run | sed 's/^/  /'
  say "the Debian packages are there"
fi
if [ "$(id -u)" -eq 0 ]; then
  . tools/ordinary-user.sh
  say "you are root, whom cloche is not for: from here on an ordinary user, $ordinary_user, does it all"
  work=$(ordinary_copy quickstart)
  exec_as=(CLOCHE_QUICKSTART_INSTALLED=1 ${NO_COLOR:+NO_COLOR=1})
  as_ordinary_user "${exec_as[@]}" "$work/source/tools/quickstart.sh"
  exit
fi

log=$(mktemp)
lures= servants=
clean_up() {
  rm -f "$log"
  for pid in $servants; do kill "$pid" 2>/dev/null || true; done
  if [ -n "$lures" ]; then rm -rf "$lures"; fi
}
trap clean_up EXIT
quietly() { "$@" >"$log" 2>&1 || { cat "$log"; echo "this failed: $*" >&2; exit 1; }; }

title "2. cloche is built"
[ -f build/build.ninja ] || quietly meson setup build -Dtests=false
quietly ninja -C build
cloche=$PWD/build/src/cloche
say "$("$cloche" --version 2>/dev/null || echo cloche): $cloche"

title "3. cloche builds cloche, inside cloche"
say "${dim}\$ cloche run -- sh -c 'meson setup build-inside && ninja -C build-inside'$plain"
say "The compiler sees the system read-only, this folder writable, and nothing else of yours: no network, no"
say "home, no other process. It does not need more."
rm -rf build-inside
# Sandboxed programs have no place for their notes but this folder and /tmp: both are what a build expects.
quietly "$cloche" run --summary -- sh -c 'meson setup build-inside -Dtests=false && ninja -C build-inside'
sed 's/^/    /' <<<"$(tail -n 12 "$log")"
inside=$PWD/build-inside/src/cloche
[ "$("$inside" run -- echo works)" = works ] || { echo "what was built inside does not work" >&2; exit 1; }
say "${green}built, and what was built inside works outside$plain"

title "4. A Makefile that means harm"
lures=$(mktemp -d "$HOME/lures-XXXXXX")
mkdir -p "$lures/.ssh" "$lures/next-door"
echo "-----BEGIN A LURE, NOT A KEY-----" >"$lures/.ssh/id_ed25519"
echo "# nothing yet" >"$lures/.bashrc"
echo "all:" >"$lures/next-door/Makefile"
mark_a=98765 mark_b=$$

start_servants() {
  sleep "$mark_a$mark_b" &
  program=$!
  disown  # its death is no news: the Makefile kills it
  servants="$servants $program"
}
exec 9< <(exec python3 -u -c '
import socket
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1])
while True: server.accept()[0].close()')
servants="$servants $!"
read -r port <&9
start_servants
export SERVICE_TOKEN=a-lure-and-no-secret

attempt() { # target, then the command before make
  local target=$1
  shift
  "$@" make -s --no-print-directory -f tools/hostile.mk "$target" LURE="$lures" PORT="$port" \
    MARK_A="$mark_a" MARK_B="$mark_b" PID="$program" >"$log" 2>&1
}
reason() { # the last thing that was said, without who said it
  grep -v '^make' "$log" | tail -n 1 |
    sed -E 's/^.*\/bash: //; s/^(bash: )?line [0-9]+: //; s/^\/[^ ]*: //; s/^[a-z]+: //; s/^\([0-9]+\) - //' | cut -c 1-60
}
lures_now() { cat "$lures/.bashrc" "$lures/next-door/Makefile"; }

say "tools/hostile.mk tries ten things that any build can do with your account. Each is tried on a lure, first"
say "as builds usually run, then as ${bold}cloche run -- make$plain:"
echo
printf '  %s%-42s  %-14s %s%s\n' "$bold" "the Makefile" "without" "inside cloche" "$plain"
bad=0
before=$(lures_now)
while IFS='|' read -r target words; do
  without="$green it works$plain"
  if ! attempt "$target"; then without="not here"; fi
  # What it did is undone, so that the second attempt finds what the first one found.
  echo "# nothing yet" >"$lures/.bashrc"
  echo "all:" >"$lures/next-door/Makefile"
  # A dead child still has its number until it is waited for: a shell's `kill -0` would find it.
  case $(ps -o stat= -p "$program" || true) in '' | Z*) start_servants ;; esac
  if attempt "$target" "$cloche" run --quiet --; then
    inside="${red}NOT REFUSED$plain" bad=$((bad + 1))
  else
    inside="${green}refused$plain: $(reason)"
  fi
  case $(ps -o stat= -p "$program" || true) in
    '' | Z*) inside="${red}the program was killed$plain" bad=$((bad + 1)); start_servants ;;
  esac
  printf '  %-42s %-23b %b\n' "$words" "${without# }" "$inside"
done < <(sed -nE 's/^([a-z]+): +# (.*)$/\1|\2/p' tools/hostile.mk)

[ "$(lures_now)" = "$before" ] || { echo "a lure was changed" >&2; bad=$((bad + 1)); }
echo
if [ "$bad" -gt 0 ]; then
  say "${red}$bad attempts were not refused: please report this$plain"
  exit 1
fi
say "${green}Every attempt was refused, and every lure is as it was.$plain"
title "Now you"
say "cd into some project that you do not trust, and:"
say "  $cloche run -- make"
say "  $cloche run --net host -- npm install     # with the network, and nothing else"
say "  $cloche run                               # a shell to look around in"
