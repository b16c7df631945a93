#!/bin/sh
# Builds the Debian package of this tree, source and binary, into FOLDER: tests/package/build.sh FOLDER
set -eu
cd "$(dirname "$0")/../.."
[ $# -eq 1 ] || { echo "Usage: tests/package/build.sh FOLDER" >&2; exit 2; }
mkdir -p "$1"
target=$(cd "$1" && pwd)
rm -rf "$target"/cloche*
tree=$target/cloche
mkdir "$tree"
tar --exclude='./build*' --exclude=./.git --exclude=__pycache__ -cf - . | tar -xf - -C "$tree"
cd "$tree"
# The tests of the tree have stages of their own; ccache, where it is, has seen most of it before.
export DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)"
[ ! -d /usr/lib/ccache ] || PATH=/usr/lib/ccache:$PATH
CCACHE_BASEDIR=$tree dpkg-buildpackage --no-sign
rm -rf "$tree"
