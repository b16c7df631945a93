# Sourced by run.sh: real failures of real programs. What --explain says last is what is missing, and with that
# option, as a shell reads it, and nothing else the command succeeds.
elsewhere=$work/elsewhere
mkdir "$elsewhere"
tilde="~${elsewhere#"$HOME"}"

explained() { # title, the option it has to end with, more options of the run --, command…
  local title=$1 expected=$2 option more=() words
  shift 2
  while [ "$1" != -- ]; do more+=("$1") && shift; done
  shift
  fresh explained
  (cd "$folder" && "$cloche" run --no-tty --explain "${more[@]}" -- "$@") </dev/null >"$work/log" 2>&1
  local status=$?
  option=$(sed -n '$s/^ *to allow it: //p' "$work/log")
  [ "$status" -ne 0 ] && [ "$option" = "$expected" ]
  result $? "explain: $title ends with $expected" "$work/log"
  [ -n "$option" ] || return
  eval "words=($option)"
  fresh explained
  (cd "$folder" && "$cloche" run --no-tty "${more[@]}" "${words[@]}" -- "$@" && made) </dev/null >"$work/log" 2>&1
  result $? "explain: $title, and succeeds with it" "$work/log"
}

prepare() { :; }
made() { :; }
plant "$HOME/.ssh/config" "Host example"
explained "cat ~/.ssh/config" "--ro ~/.ssh/config" -- cat "$HOME/.ssh/config"

mkdir "$elsewhere/package"
echo '{"name":"package","version":"1.0.0","main":"index.js"}' >"$elsewhere/package/package.json"
echo 'module.exports = 42' >"$elsewhere/package/index.js"
(cd "$elsewhere/package" && npm pack --silent --pack-destination ..) >"$work/log" 2>&1
prepare() { echo '{"name":"user","version":"1.0.0","private":true}' >package.json; }
made() { node -e 'process.exit(require("package") === 42 ? 0 : 1)'; }
explained "npm install of a hidden folder" "--ro $tilde/package" -- \
  npm install --offline --no-audit --no-fund "$elsewhere/package"
explained "npm install of a hidden archive" "--ro $tilde/package-1.0.0.tgz" -- \
  npm install --offline --no-audit --no-fund "$elsewhere/package-1.0.0.tgz"

mkdir "$elsewhere/plain"
echo 'from setuptools import setup; setup(name="plain", version="1", py_modules=["plain"])' >"$elsewhere/plain/setup.py"
echo 'answer = 42' >"$elsewhere/plain/plain.py"
(cd "$elsewhere/plain" && python3 -m pip wheel -q --no-index --no-build-isolation --no-cache-dir -w "$elsewhere/wheels" .) \
  >"$work/log" 2>&1
prepare() { :; }
made() { PYTHONPATH=site python3 -B -c 'import plain; assert plain.answer == 42'; }
pip="python3 -m pip install -q --no-index --no-cache-dir --target site"
# shellcheck disable=SC2086
explained "pip install of a hidden wheel" "--ro $tilde/wheels/plain-1-py3-none-any.whl" -- \
  $pip "$elsewhere/wheels/plain-1-py3-none-any.whl"
# shellcheck disable=SC2086
explained "pip install from a hidden folder of wheels" "--ro $tilde/wheels" -- $pip --find-links "$elsewhere/wheels" plain

mkdir -p "$elsewhere/dependency/src"
printf '[package]\nname = "dependency"\nversion = "1.0.0"\nedition = "2021"\n' >"$elsewhere/dependency/Cargo.toml"
echo 'pub fn answer() -> i32 { 42 }' >"$elsewhere/dependency/src/lib.rs"
prepare() {
  printf '[package]\nname = "small"\nversion = "1.0.0"\nedition = "2021"\n[dependencies]\ndependency = { path = "%s" }\n' \
    "$elsewhere/dependency" >Cargo.toml
  mkdir src && echo 'fn main() { println!("{}", dependency::answer()); }' >src/main.rs
}
made() { [ "$(target/debug/small)" = 42 ]; }
explained "cargo build with a hidden dependency" "--ro $tilde/dependency" -- cargo build --offline -q

git clone -q --bare "$work/repository" "$elsewhere/repository.git"
prepare() { :; }
made() { grep -q text copy/file; }
explained "git clone of a hidden repository" "--ro $tilde/repository.git" -- git clone -q "$elsewhere/repository.git" copy

convert -size 64x64 gradient:red-blue "$elsewhere/in.png"
made() { [ "$(identify -format %wx%h out.jpg)" = 32x32 ]; }
explained "convert of a hidden file" "--ro $tilde/in.png" -- convert "$elsewhere/in.png" -resize 32x32 out.jpg

echo 'public class Hello { public static void main(String[] a) { System.out.println(42); } }' >"$elsewhere/Hello.java"
made() { [ "$(java Hello)" = 42 ]; }
explained "javac of a hidden source" "--ro $tilde/Hello.java" -- javac -d . "$elsewhere/Hello.java"

mkdir "$elsewhere/shown"
made() { [ "$(cat "$elsewhere/shown/given")" = text ] && rm "$elsewhere/shown/given"; }
explained "a write to a place that is shown read-only" "--rw $tilde/shown" --ro "$elsewhere/shown" -- \
  cp given "$elsewhere/shown"
explained "a write into a hidden folder" "--rw $tilde/shown" -- cp given "$elsewhere/shown"

made() { :; }
explained "a namespace of one's own" "--allow userns" -- unshare -U true
explained "a port of the host" "--net host" -- bash -c "exec 3<>/dev/tcp/127.0.0.1/$(cat "$other/port")"

fresh explained
(cd "$folder" && "$cloche" run --no-tty --explain -- mount -t tmpfs none /mnt) >"$work/log" 2>&1
[ "$(tail -n 1 "$work/log")" = "    nothing allows it" ] &&
  tail -n 3 "$work/log" | head -n 2 | tr -d '\n' | grep -q '^  seccomp: mount(.*can undo its view'
result $? "explain: mount says why, and that nothing allows it" "$work/log"
