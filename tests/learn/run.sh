#!/bin/bash
# Profiles learned from real programs, offline, by an ordinary user: tests/learn/run.sh CLOCHE [ACTS]
#
# Each program runs under learn, and then under what was learned: it must succeed again and leave the same. Acts that
# it did not do are tried under that profile (attacks.sh). --explain is asked about real failures, and what it
# answers is done (explain.sh). Prints a TAP line for each. ACTS is the program of tests/hostile/acts.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cloche=$(realpath "$1")
acts=$(realpath "${2:-$(dirname "$cloche")/../tests/hostile/acts}")
[ "$(id -u)" -ne 0 ] || { echo "tests/learn/run.sh: this is for an ordinary user; tools/check.sh makes one" >&2; exit 2; }
[ -x "$acts" ] || { echo "tests/learn/run.sh: no program of acts at $acts; name it" >&2; exit 2; }
export LC_ALL=C.UTF-8 PATH=/usr/bin:/bin
HOME=$(realpath "$(getent passwd "$(id -u)" | cut -d: -f6)")
work=$(mktemp -d "$HOME/learn-XXXXXX")

at_end=()
clean_up() {
  local word
  for word in "${at_end[@]}"; do $word; done
  chmod -R u+w "$work"
  rm -rf "$work"
}
trap clean_up EXIT

plant() { # path, text: a file of the home, where none is; gone at the end
  [ ! -e "$1" ] || return 0
  if [ ! -d "$(dirname "$1")" ]; then
    mkdir -m 700 "$(dirname "$1")"
    at_end=("rmdir $(dirname "$1")" "${at_end[@]}")
  fi
  echo "$2" >"$1"
  at_end=("rm -f $1" "${at_end[@]}")
}

. "$here/../../tools/source-packages.sh"
. "$here/../support/tap.sh"
. "$here/attacks.sh"

# Of each program below: `prepare` makes its project in the current folder, `made` tells there whether the command did
# its work, `left` lists what has to be the same after each run.
names_left() { find . -path ./.git -prune -o -print | sort; }
contents_left() { files_of_build . | grep -v '^\./\.git/' | xargs -d '\n' sha256sum; }

fresh() { # title: its folder, as before the first run
  folder=$work/$1 profile=$work/$1.toml
  if [ -d "$folder" ]; then chmod -R u+w "$folder" && rm -rf "$folder"; fi
  mkdir "$folder"
  (cd "$folder" && project_with_hooks && prepare) >"$work/log" 2>&1 || sed 's/^/# /' "$work/log"
}

did() { # file for what is left, command…: runs it in the project, and looks at what it did
  local file=$1
  shift
  (cd "$folder" && "$@" && made && left >"$file") </dev/null >"$work/log" 2>&1
}

over=()  # what it is learned over, as an option of learn
learned() { # title, command…: from a further run where there is a profile already
  local title=$1 merge=""
  shift
  if [ -e "$profile" ]; then merge=--merge && cp "$profile" "$profile.earlier"; fi
  did "$profile.left" "$cloche" learn -o "$profile" --no-tty $merge "${over[@]}" -- "$@"
  result $? "$title: is learned${merge:+, a further run with $merge}" "$work/log"
  "$cloche" profile check "$profile" >"$work/log" 2>&1 && ! grep -i warning "$work/log"
  result $? "$title: what was learned is a profile without fault" "$work/log"
  [ -n "$merge" ] || return 0
  # Each rule with its count and first process: none is lost, no count falls.
  python3 - "$profile.earlier" "$profile" >"$work/log" 2>&1 <<'END'
import re, sys
def rules(path):
    found = (re.match(r"(.*?),?  # (\d+), (.*)", line) for line in open(path))
    return {rule[1]: (int(rule[2]), rule[3]) for rule in found if rule}
earlier, later = map(rules, sys.argv[1:])
lost = [rule for rule, (count, process) in earlier.items()
        if rule not in later or later[rule][0] < count or later[rule][1] != process]
assert earlier and "from 2 runs" in open(sys.argv[2]).readline()
sys.exit(f"lost: {lost}" if lost else 0)
END
  result $? "$title: the evidence of the first run is kept" "$work/log"
}

done_again() { # title, command…
  local title=$1
  shift
  did "$work/again" "$cloche" run --no-tty --profile "$profile" -- "$@" &&
    diff "$profile.left" "$work/again" >"$work/log"
  result $? "$title: does it again under what was learned, with the same result" "$work/log"
  attack "$profile" "$folder" "$title"
}

learn_and_repeat() { # title, command…
  fresh "$1"
  learned "$@"
  fresh "$1"
  done_again "$@"
}

show_that_they_can_be_done

# --- make: a library and a program of several files
prepare() {
  printf 'all: main\nmain: main.o a.o b.o\n\tcc -o $@ $^\n' >Makefile
  for name in a b; do echo "int $name(int x) { return x + 1; }" >$name.c; done
  echo '#include <stdio.h>
int a(int), b(int);
int main(void) { printf("%d\n", a(b(40))); return 0; }' >main.c
}
made() { [ "$(./main)" = 42 ]; }
left() { contents_left; }
learn_and_repeat make make -j2

# --- zlib, as Debian has it: configured and built, its tests added by a second run, and all of it done again. The same
# files as outside, to the byte.
prepare() { cp -a "$work/fetched/zlib/." .; }
made() { [ "$(./minigzip <zlib.h | gzip -d | sha256sum)" = "$(sha256sum <zlib.h)" ]; }
if apt_folders && apt update >"$work/log" 2>&1 && fetch zlib; then
  build="./configure && make -j2"
  fresh zlib
  learned zlib sh -ec "$build"
  learned zlib make test
  fresh zlib
  done_again zlib sh -ec "$build && make test"
  fresh zlib
  did "$work/outside" sh -ec "$build && make test" && diff "$work/outside" "$profile.left" >"$work/log"
  result $? "zlib: is to the byte what is built outside" "$work/log"
else
  result 1 "the source of zlib can be had" "$work/log"
fi

# --- git clone of a local repository, outside of the current folder
git init -q "$work/repository" && (cd "$work/repository" && echo text >file && git add file &&
  git -c user.name=n -c user.email=e@example.org commit -qm one)
prepare() { :; }
made() { grep -q text copy/file && git -C copy log | grep -q one; }
left() { names_left; }
learn_and_repeat git git clone -q --no-hardlinks "$work/repository" copy

# --- npm install of a local package
prepare() {
  mkdir package && echo '{"name":"package","version":"1.0.0","main":"index.js"}' >package/package.json
  echo 'module.exports = 42' >package/index.js
  echo '{"name":"user","version":"1.0.0","private":true}' >package.json
}
made() { node -e 'process.exit(require("package") === 42 ? 0 : 1)'; }
learn_and_repeat npm npm install --offline --no-audit --no-fund ./package

# --- pip install of a local project with a native build, by way of a wheel
prepare() {
  echo 'from setuptools import setup, Extension
setup(name="native", version="1", ext_modules=[Extension("native", ["native.c"])])' >setup.py
  echo '#include <Python.h>
static PyObject* answer(PyObject* self, PyObject* none) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, 0}, {0}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "native", 0, -1, methods};
PyMODINIT_FUNC PyInit_native(void) { return PyModule_Create(&definition); }' >native.c
}
made() { PYTHONPATH=site python3 -B -c 'import native; assert native.answer() == 42'; }
learn_and_repeat pip python3 -m pip install -q --no-index --no-build-isolation --no-cache-dir --target site .

# --- cargo build, offline
prepare() {
  mkdir src && echo 'fn main() { println!("42"); }' >src/main.rs
  printf '[package]\nname = "small"\nversion = "1.0.0"\nedition = "2021"\n' >Cargo.toml
}
made() { [ "$(target/debug/small)" = 42 ]; }
left() { names_left | grep -v /incremental/; }  # names of every run's own
learn_and_repeat cargo cargo build --offline -q

# --- the same over the shipped profile, which it extends
over=(--profile rust)
learn_and_repeat cargo-over-rust cargo build --offline -q
over=()
grep -q '^extends = \["rust"\]' "$profile"
result $? "cargo-over-rust: extends the profile that it was learned over" "$profile"

# --- ImageMagick on a file
prepare() { convert -size 64x64 gradient:red-blue in.png; }
made() { [ "$(identify -format %wx%h out.jpg)" = 32x32 ]; }
left() { names_left; }
learn_and_repeat convert convert in.png -resize 32x32 out.jpg

# --- a JVM, twice: the compiler, and what it compiled
prepare() { echo 'public class Hello { public static void main(String[] a) { System.out.println(6 * 7); } }' >Hello.java; }
made() { [ "$(cat out)" = 42 ]; }
left() { contents_left; }
learn_and_repeat java sh -c 'javac Hello.java && java Hello >out'

# --- what a command may not be granted by learning: keys, tokens, the home as a whole
prepare() { :; }
made() { [ ! -s out ]; }
fresh secrets
learned secrets sh -c 'cat ~/.ssh/id_test ~/.aws/credentials >out; ls ~/.ssh ~; true'
status=0
for secret in .ssh .ssh/id_test .aws/credentials; do
  grep -q "^#- --ro ~/$secret  # .*: it is a secret" "$profile" || status=1
done
if grep -v '^description' "$profile" | sed 's/#.*//' | grep -E '\.ssh|\.aws|"\$HOME"'; then status=1; fi
grep '^#-' "$profile" >"$work/log"
result $status "secrets: are told of, and not granted" "$work/log"
attack "$profile" "$folder" secrets

. "$here/explain.sh"
finish
