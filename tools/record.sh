#!/bin/bash
# Records the README's picture of a run, docs/run.svg, in a Debian guest: tools/record.sh BUILD_FOLDER
# What is run is in tests/vm/picture.py, which holds the picture to what cloche shows.
set -euo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# The suite fails for as long as the picture that is kept is the old one.
tests/vm/bed.py bookworm tests/vm/picture.py --build "${1:-build}" >"$log" || true
if ! grep -q '^picture: ' "$log"; then
  cat "$log" >&2
  exit 1
fi
sed -n 's/^picture: //p' "$log" | base64 -d >docs/run.svg
echo "docs/run.svg: $(grep -c '<text' docs/run.svg) pieces of text"
