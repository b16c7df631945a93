# Sourced by scripts of an ordinary user that want Debian's source packages; $work is a folder of theirs.
#
#   . tools/source-packages.sh
#   apt_folders && apt update
#   fetch zlib          # unpacked to $work/fetched/zlib

# Sources come from where this machine's packages come from: its own list, with deb turned into deb-src, in
# folders of our own, so that neither root is needed nor the machine's lists change.
apt_folders() {
  mkdir -p "$work/apt/sources" "$work/apt/lists/partial" "$work/apt/cache/archives/partial" "$work/apt/downloads"
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$file" ] || continue
    sed -nE 's/^deb(-src)?[[:space:]]/deb-src /p' "$file" | sort -u >"$work/apt/sources/$(basename "$file" .list).list"
  done
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -f "$file" ] || continue
    sed -E 's/^Types:.*/Types: deb-src/' "$file" >"$work/apt/sources/$(basename "$file")"
  done
}
apt() {
  apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/apt/sources" \
    -o Dir::State::lists="$work/apt/lists" -o Dir::Cache="$work/apt/cache" -o Debug::NoLocking=1 \
    -o Acquire::Languages=none -o Acquire::Retries=5 "$@"
}

fetch() { # name: unpacked to $work/fetched/NAME
  (cd "$work/apt/downloads" && apt source --download-only "$1") >"$work/log" 2>&1 || return 1
  mkdir -p "$work/fetched"
  dpkg-source --no-check -x "$work/apt/downloads/$1"_*.dsc "$work/fetched/$1" >>"$work/log" 2>&1
}

# What a build leaves, apart from notes about the build itself.
files_of_build() { # folder
  (cd "$1" && find . -type f ! -name '*.log' ! -path './*/meson-private/*' ! -path './*/Testing/*' ! -path './.cache/*' | sort)
}
