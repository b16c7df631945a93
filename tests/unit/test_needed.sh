#!/bin/sh
# Every shared library costs each start a tenth of a millisecond: cloche asks the loader for the C library alone,
# and opens others when it needs them.
set -eu
needed=$(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
[ -n "$needed" ] || { echo "no needed library found in $1"; exit 1; }
status=0
for library in $needed; do
  case $library in
    libc.so.6 | ld-linux*.so.*) ;;
    *) echo "$1 needs $library at each start"; status=1 ;;
  esac
done
exit $status
