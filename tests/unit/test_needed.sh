#!/bin/sh
# Every shared library costs each start a tenth of a millisecond. test_needed.sh [STATIC] DYNAMIC: the program that
# people call asks for none; the one beside it asks for the C library alone, and opens others when it needs them.
set -eu
needed() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }

status=0
if [ $# -gt 1 ]; then
  for library in $(needed "$1"); do echo "$1 needs $library at each start"; status=1; done
  readelf -l "$1" | grep -q INTERP && { echo "$1 is started by a loader"; status=1; }
  readelf -h "$1" | grep -q 'Type: *DYN' || { echo "$1 lies at the same place at each start"; status=1; }
  entry=$(readelf -hW "$1" | sed -n 's/.*Entry point address: *0x//p')
  [ "$(uname -m)" != x86_64 ] || readelf -sW "$1" | grep -q "^ *[0-9]*: 0*$entry .* cloche_entry$" ||
    { echo "$1 has its pages copied one by one (src/base/entry_static.cc)"; status=1; }
  # Of the functions in src/start_order.ld, cloche's own first and one of pid 1's.
  start=$(readelf -SW "$1" | sed -n 's/^ *\[ *\([0-9]*\)\] \.text\.start .*/\1/p')
  [ -z "${HAS_ORDER:-}" ] || for name in main '_ZN6cloche5child10build_view.*'; do
    readelf -sW "$1" | awk -v start="${start:-none}" -v name="^$name\$" \
      '$4 == "FUNC" && $8 ~ name && $7 == start { found = 1 } END { exit !found }' ||
      { echo "$name does not lie beside what else a start of $1 uses"; status=1; }
  done
  shift
fi
libraries=$(needed "$1")
[ -n "$libraries" ] || { echo "no needed library found in $1"; exit 1; }
for library in $libraries; do
  case $library in
    libc.so.6 | ld-linux*.so.*) ;;
    *) echo "$1 needs $library at each start"; status=1 ;;
  esac
done
exit $status
