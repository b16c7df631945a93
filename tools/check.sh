#!/bin/bash
# Builds cloche and runs its tests.
#
#   tools/check.sh                 the usual stages
#   tools/check.sh unit hostile    these stages
#   tools/check.sh all             every stage
#   tools/check.sh --list          what stages there are
#
# The tests want an ordinary user. Run as root, this installs the packages and then does everything else as
# the user `cloche-test` (made if need be), on a copy of the tree below its home; run as an ordinary user it
# asks sudo for the packages that are missing, if any, and works in the tree itself.
#
# With CI set, a skipped test is a failure. CLOCHE_CHECK names the copy that root's runs work in ("check"): two
# runs on one copy wait for each other, two on different ones do not.
set -euo pipefail
cd "$(dirname "$0")/.."

usual="format layout unit integration hostile docs pages profiles vm"
long="tidy seccomp builds learn quickstart install package vm-all asan-gcc asan-clang"

describe() {
  case $1 in
    format) echo "clang-format agrees with every file" ;;
    layout) echo "the house rules: include order, file length, no skip without a reason" ;;
    unit) echo "pure values, one program a folder of src" ;;
    integration) echo "cloche run as an ordinary user, in real terminals too" ;;
    hostile) echo "forbidden acts, each tried in real sandboxes, and once without" ;;
    profiles) echo "each shipped profile on the programs that it is for" ;;
    docs) echo "manual, --help and completions agree, and every example runs" ;;
    pages) echo "the pages that cloche writes, in a browser: screen, phone, night and paper" ;;
    install) echo "meson install into a folder of one's own, and what was installed at work" ;;
    tidy) echo "clang-tidy, with the exceptions that .clang-tidy gives reasons for" ;;
    seccomp) echo "the same filter files under crun, runc and cloche, every call tried" ;;
    builds) echo "Debian source packages and cloche itself built and tested inside, same result as outside" ;;
    learn) echo "profiles learned from npm, pip, cargo, git, a JVM, zlib and others, tried again and attacked; --explain" ;;
    quickstart) echo "tools/quickstart.sh, as a newcomer runs it" ;;
    package) echo "the Debian package, built, and read by lintian" ;;
    vm) echo "limits and labels on other kernels, in Debian guests" ;;
    vm-all) echo "every other suite in the guests: running sandboxes, teardown, doctor, lab, the package" ;;
    asan-gcc) echo "unit, integration and hostile tests under ASan and UBSan, gcc" ;;
    asan-clang) echo "the same with clang" ;;
    *) return 1 ;;
  esac
}

stages=
for word in "$@"; do
  case $word in
    --list)
      for stage in $usual; do printf '%-12s %s\n' "$stage" "$(describe "$stage")"; done
      for stage in $long; do printf '%-12s %s (when asked for)\n' "$stage" "$(describe "$stage")"; done
      exit 0
      ;;
    all) stages="$stages $usual $long" ;;
    *)
      describe "$word" >/dev/null || { echo "tools/check.sh: no stage '$word'; see --list" >&2; exit 2; }
      stages="$stages $word"
      ;;
  esac
done
stages=${stages:-$usual}
in_ci=
case ${CI:-} in '' | 0 | false) ;; *) in_ci=1 ;; esac

# --- as root: packages, a user, a copy of the tree, and then again as that user
tools/setup.sh build run check
for section in pages package seccomp builds learn profiles vm; do
  case " $stages " in *" $section "*) tools/setup.sh "$section" ;; esac
done
case " $stages " in *" vm-all "*) tools/setup.sh vm package ;; esac  # which a guest installs
if [ "$(id -u)" -eq 0 ]; then
  . tools/ordinary-user.sh
  name=${CLOCHE_CHECK:-check}
  exec 8>"/run/cloche-$name.lock"
  flock 8
  work=$(ordinary_copy "$name")
  # shellcheck disable=SC2086
  as_ordinary_user ${in_ci:+CI=1} "$work/source/tools/check.sh" $stages 8>&-
  exit
fi

# --- as an ordinary user
# Two copies of the tree share what was compiled: paths below it are relative, and debug information follows them.
export CCACHE_DIR=${CCACHE_DIR:-$HOME/.cache/ccache} CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=5G
passed=0 failed=0 skipped=0
failed_names=

# say "passed" or "failed" and why
conclude() {
  local stage=$1 good=$2 bad=$3 missed=$4
  if [ -n "$in_ci" ] && [ "$missed" -gt 0 ]; then
    echo "== $stage: $missed skipped tests count as failed in CI"
    bad=$((bad + missed)) missed=0
  fi
  passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + missed))
  if [ "$bad" -gt 0 ]; then failed_names="$failed_names $stage"; fi
  echo "== $stage: $good passed, $bad failed$([ "$missed" -gt 0 ] && echo ", $missed skipped") (${SECONDS} s since the start)"
}

configure() { # folder, then options of meson and variables before it
  local folder=$1
  shift
  if [ ! -f "$folder/build.ninja" ]; then env "$@" meson setup "$folder" ${meson_options:-} >"$folder.log" 2>&1 ||
    { cat "$folder.log"; return 1; }; fi
  ninja -C "$folder" >"$folder.log" 2>&1 || { grep -E 'error|FAILED|ninja:' "$folder.log" | head -60; return 1; }
}

suite() { # stage, folder, suites…: runs them and counts
  local stage=$1 folder=$2 status=0 counts
  shift 2
  local arguments=()
  for name in "$@"; do arguments+=(--suite "$name"); done
  rm -f "$folder/meson-logs/testlog.junit.xml"
  (cd "$folder" && meson test --no-rebuild --print-errorlogs --num-processes 2 "${arguments[@]}") || status=$?
  counts=$(python3 tools/count_tests.py "$folder/meson-logs/testlog.junit.xml" "$folder/meson-logs/testlog.txt" "$status")
  # shellcheck disable=SC2086
  conclude "$stage" $counts
}

unittests() { # stage, program: runs it and counts
  local stage=$1 output status=0
  shift
  output=$(python3 "$@" 2>&1) || status=$?
  echo "$output"
  local bad
  bad=$(grep -cE ' \.\.\. (FAIL|ERROR)$' <<<"$output" || true)
  if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
  conclude "$stage" "$(grep -c ' \.\.\. ok$' <<<"$output" || true)" "$bad" "$(grep -c ' \.\.\. skipped' <<<"$output" || true)"
}

stage_format() {
  local files bad=0
  files=$(find src tests bench -name '*.cc' -o -name '*.h' 2>/dev/null | sort)
  for file in $files; do
    if ! clang-format --dry-run -Werror "$file" 2>/dev/null; then
      echo "not as clang-format has it: $file" >&2
      bad=$((bad + 1))
    fi
  done
  conclude format $(($(wc -w <<<"$files") - bad)) "$bad" 0
}

stage_layout() {
  local output status=0
  output=$(python3 tests/layout/layout.py .) || status=$?
  grep '^not ok' -A 40 <<<"$output" || true
  conclude layout "$(grep -c '^ok' <<<"$output" || true)" "$(grep -c '^not ok' <<<"$output" || true)" 0
  [ "$status" -eq 0 ]
}

built() { configure build-check "CC=ccache gcc" "CXX=ccache g++"; }

stage_unit() { built && suite unit build-check unit; }
stage_integration() { built && suite integration build-check integration; }
stage_hostile() { built && suite hostile build-check hostile; }
stage_docs() { built && suite docs build-check docs; }
stage_pages() { built && suite pages build-check pages; }
stage_install() { unittests install tests/install/test_install.py .; }
stage_package() { unittests package tests/package/test_package.py . build-package; }
stage_profiles() { built && suite profiles build-check profiles; }

stage_tidy() {
  meson_options= configure build-tidy "CC=ccache clang" "CXX=ccache clang++" || return 1
  local status=0
  run-clang-tidy -quiet -p build-tidy -j 2 "$PWD/src/.*\.cc" >build-tidy.log 2>&1 || status=$?
  if [ "$status" -ne 0 ]; then grep -E 'warning:|error:' build-tidy.log | sort -u | head -60; fi
  conclude tidy $((status == 0)) $((status != 0)) 0
}

asan() { # stage, compilers
  local stage=$1
  shift
  meson_options="-Dbuildtype=debug -Db_sanitize=address,undefined -Db_lundef=false" configure "build-$stage" "$@" || return 1
  ASAN_OPTIONS=detect_leaks=0:abort_on_error=0:exitcode=99 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1:exitcode=99 \
    suite "$stage" "build-$stage" unit integration hostile
}
stage_asan-gcc() { asan asan-gcc "CC=ccache gcc" "CXX=ccache g++"; }
stage_asan-clang() { asan asan-clang "CC=ccache clang" "CXX=ccache clang++"; }

stage_seccomp() {
  built && ninja -C build-check tests/seccomp/seccomp_probe >build-check.log || return 1
  local output
  output=$(tests/seccomp/compare.py build-check | tee >(cat >&2)) || true
  conclude seccomp "$(grep -c '^ok' <<<"$output" || true)" "$(grep -c '^not ok' <<<"$output" || true)" 0
}

stage_builds() {
  built || return 1
  local output
  output=$(tests/builds/run.sh "$PWD/build-check/src/cloche" | tee >(cat >&2)) || true
  conclude builds "$(grep -c '^ok' <<<"$output" || true)" "$(grep -c '^not ok' <<<"$output" || true)" 0
}

stage_learn() {
  built || return 1
  local output
  output=$(tests/learn/run.sh "$PWD/build-check/src/cloche" | tee >(cat >&2)) || true
  conclude learn "$(grep -c '^ok' <<<"$output" || true)" "$(grep -c '^not ok' <<<"$output" || true)" 0
}

in_guest() { # log, bed, more words for its kernel, suites…: what fails has a second try, for a guest may be starved
  local log=$1 bed=$2 words=$3 try suites
  shift 3
  : >"$log"
  for try in 1 2; do
    suites=("${@/#/tests/vm/suite_}")
    tests/vm/bed.py "$bed" "${suites[@]/%/.py}" --build build-check --boot "$words" >>"$log" 2>&1 && return
    # shellcheck disable=SC2046
    set -- $(for suite in "$@"; do grep -q "^ok - suite_$suite.py" "$log" || echo "$suite"; done)
    [ "$try" -eq 2 ] || echo "again: $*" >>"$log"
  done
}

heard() { # stage, log, suites…: counts; a suite that was never heard of has failed too
  local stage=$1 log=$2 suite good=0
  shift 2
  cat "$log"
  for suite in "$@"; do
    if grep -q "^ok - suite_$suite.py" "$log"; then good=$((good + 1)); else echo "not ok: $suite"; fi
  done
  conclude "$stage" "$good" $(($# - good)) 0
}

# Debian's two kernels side by side, for an emulated guest is idle a good deal; their trees are made once and kept
# (tests/vm/bed.py). Labels are AppArmor's, and SELinux's in a boot of its own.
stage_vm() {
  built || return 1
  local bed
  for bed in bookworm trixie; do tests/vm/bed.py "$bed" || return 1; done
  labels_and_limits bookworm &
  labels_and_limits trixie
  wait
  for bed in bookworm trixie; do
    heard vm "build-vm-$bed.log" labels limits
    heard vm "build-vm-$bed-selinux.log" labels
  done
}
labels_and_limits() {
  in_guest "build-vm-$1.log" "$1" "" labels limits || true
  in_guest "build-vm-$1-selinux.log" "$1" "lsm=selinux" labels || true
}

# The other suites, and some once more without Landlock and AppArmor, and with the controllers in cgroup v1's hands.
stage_vm-all() {
  built || return 1
  tests/package/build.sh build-package >build-package.log 2>&1 || { tail -40 build-package.log; return 1; }
  local bed log suites="doctor lab running teardown keeper examples package" without="doctor limits"
  for bed in bookworm trixie; do
    log=build-vm-all-$bed.log
    # shellcheck disable=SC2086
    { in_guest "$log" "$bed" "" $suites || true; heard vm-all "$log" $suites; }
    # shellcheck disable=SC2086
    in_guest "$log" "$bed" "lsm=selinux systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1" \
      $without || true
    # shellcheck disable=SC2086
    heard vm-all "$log" $without
  done
}

stage_quickstart() {
  local status=0
  tools/quickstart.sh </dev/null >build-quickstart.log 2>&1 || status=$?
  if [ "$status" -ne 0 ]; then cat build-quickstart.log; fi
  conclude quickstart $((status == 0)) $((status != 0)) 0
}

for stage in $stages; do
  echo "== $stage: $(describe "$stage")"
  before=$((passed + failed + skipped))
  "stage_$stage" || true
  if [ $((passed + failed + skipped)) -eq "$before" ]; then conclude "$stage" 0 1 0; fi
done

[ -z "$failed_names" ] || echo "failed:$failed_names"
if [ "$skipped" -gt 0 ]; then echo "$passed passed, $failed failed, $skipped skipped"; else
  echo "$passed passed, $failed failed"; fi
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
