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
