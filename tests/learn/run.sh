#!/bin/bash
# Profiles learned from real programs, offline, by an ordinary user: tests/learn/run.sh CLOCHE
#
# Each program runs three times: under learn, under the profile that was learned (it must succeed again, and
# leave the same result), and then acts that it did not do are tried under that profile and must be refused.
# --explain is asked about real failures. Prints a TAP line for each.
set -uo pipefail
cloche=$1
[ "$(id -u)" -ne 0 ] || { echo "tests/learn/run.sh: this is for an ordinary user; tools/check.sh makes one" >&2; exit 2; }
work=$(mktemp -d "$HOME/learn-XXXXXX")
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8 PATH=/usr/bin:/bin
number=0 failed=0

result() { # status, title
  number=$((number + 1))
  if [ "$1" -eq 0 ]; then
    echo "ok $number - $2"
  else
    echo "not ok $number - $2"
    tail -n 30 "$work/log" | sed 's/^/#   /'
    failed=1
  fi
}

mkdir "$work/other"
echo secret >"$work/other/file"
# What the programs make, and what none of them does: as one line of shell each, run in the project's folder.
refused() { # profile, folder, title
  local act
  for act in "cat $work/other/file" "exec 3<>/dev/tcp/127.0.0.1/9" "mkfifo /tmp/pipe" "unshare -U true"; do
    if (cd "$2" && "$cloche" run --profile "$1" -- bash -c "$act") >"$work/log" 2>&1; then
      echo "this was let through: $act" >>"$work/log"
      result 1 "$3: what it did not do is refused"
      return
    fi
  done
  result 0 "$3: what it did not do is refused"
}

# prepare FOLDER is run before each of the two runs; made FOLDER tells whether the command did its work.
learn_and_repeat() { # title, command…
  local title=$1 folder=$work/$1 profile=$work/$1.toml
  shift
  rm -rf "$folder" && mkdir "$folder" && (cd "$folder" && prepare) >"$work/log" 2>&1
  (cd "$folder" && "$cloche" learn -o "$profile" --no-tty -- "$@") >"$work/log" 2>&1 && (cd "$folder" && made) >>"$work/log" 2>&1
  result $? "$title: is learned"
  chmod -R u+w "$folder" && rm -rf "$folder" && mkdir "$folder" && (cd "$folder" && prepare) >"$work/log" 2>&1
  (cd "$folder" && "$cloche" run --no-tty --profile "$profile" -- "$@") >"$work/log" 2>&1 && (cd "$folder" && made) >>"$work/log" 2>&1
  result $? "$title: does it again under what was learned"
  refused "$profile" "$folder" "$title"
}

# --- make: a library and a program of several files
prepare() {
  printf 'all: main\nmain: main.o a.o b.o\n\tcc -o $@ $^\n' >Makefile
  for name in a b; do echo "int $name(int x) { return x + 1; }" >$name.c; done
  echo '#include <stdio.h>
int a(int), b(int);
int main(void) { printf("%d\n", a(b(40))); return 0; }' >main.c
}
made() { [ "$(./main)" = 42 ]; }
learn_and_repeat make make -j2

# --- git clone of a local repository, outside of the current folder
git init -q "$work/repository" && (cd "$work/repository" && echo text >file && git add file &&
  git -c user.name=n -c user.email=e@example.org commit -qm one)
prepare() { :; }
made() { grep -q text copy/file; }
learn_and_repeat git git clone -q --no-hardlinks "$work/repository" copy

# --- npm install of a local package
prepare() {
  mkdir package && echo '{"name":"package","version":"1.0.0","main":"index.js"}' >package/package.json
  echo 'module.exports = 42' >package/index.js
  echo '{"name":"user","version":"1.0.0","private":true}' >package.json
}
made() { node -e 'process.exit(require("package") === 42 ? 0 : 1)'; }
learn_and_repeat npm npm install --offline --no-audit --no-fund ./package

# --- pip install of a local wheel with a native build
prepare() {
  echo 'from setuptools import setup, Extension
setup(name="native", version="1", ext_modules=[Extension("native", ["native.c"])])' >setup.py
  echo '#include <Python.h>
static struct PyModuleDef m = {PyModuleDef_HEAD_INIT, "native", 0, -1, 0};
PyMODINIT_FUNC PyInit_native(void) { return PyModule_Create(&m); }' >native.c
}
made() { PYTHONPATH=site python3 -c 'import native'; }
learn_and_repeat pip python3 -m pip install -q --no-index --no-build-isolation --no-cache-dir --target site .

# --- cargo build, offline
prepare() {
  mkdir src && echo 'fn main() { println!("42"); }' >src/main.rs
  printf '[package]\nname = "small"\nversion = "1.0.0"\nedition = "2021"\n' >Cargo.toml
}
made() { [ "$(target/debug/small)" = 42 ]; }
learn_and_repeat cargo cargo build --offline -q

# --- ImageMagick on a file
prepare() { convert -size 64x64 gradient:red-blue in.png; }
made() { [ "$(identify -format %wx%h out.jpg)" = 32x32 ]; }
learn_and_repeat convert convert in.png -resize 32x32 out.jpg

# --- a JVM program
prepare() { echo 'public class Hello { public static void main(String[] a) { System.out.println("42"); } }' >Hello.java; }
made() { :; }
learn_and_repeat java java -version

# --- explain
(cd "$work/git" && "$cloche" run --explain -- cat "$work/other/file") >"$work/log" 2>&1
tail -n 1 "$work/log" | grep -q -- "--ro .*/other/file"
result $? "explain: a hidden file ends with the line that shows it"
(cd "$work/git" && "$cloche" run --explain -- git -C "$work/repository" log) >"$work/log" 2>&1
grep -q -- "--ro .*/repository" "$work/log"
result $? "explain: git in a hidden repository"
(cd "$work/git" && "$cloche" run --explain -- python3 -c 'import urllib.request as r; r.urlopen("http://192.0.2.1/", timeout=5)') >"$work/log" 2>&1
grep -q -- "--net host" "$work/log"
result $? "explain: a download without a network"

echo "1..$number"
exit $failed
