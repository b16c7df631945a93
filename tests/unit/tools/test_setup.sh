#!/bin/bash
# tools/setup.sh installs what is missing and nothing else: a dpkg-query, an apt-get and an id stand in for the host's.
#   test_setup.sh SOURCE_DIR
set -euo pipefail
source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$work/tree/tools"
cp "$source/tools/setup.sh" "$work/tree/tools/"
printf '[some]\nthere   a reason\nremoved\nunheard\n[other]\nelsewhere\n' >"$work/tree/tools/packages.txt"
cat >"$work/bin/dpkg-query" <<'QUERY'
#!/bin/sh
for name; do :; done
case $name in
  there) printf installed ;;
  removed) printf not-installed ;;
  *) echo "no packages found matching $name" >&2; exit 1 ;;
esac
QUERY
printf '#!/bin/sh\necho 0\n' >"$work/bin/id"
printf '#!/bin/sh\necho "$@" >>"%s/asked"\n' "$work" >"$work/bin/apt-get"
chmod +x "$work/bin/"*
PATH=$work/bin:$PATH "$work/tree/tools/setup.sh" some >/dev/null
asked=$(grep install "$work/asked")
[[ $asked == *" removed unheard" ]] || { echo "asked for: $asked"; exit 1; }
[[ $asked != *there* && $asked != *elsewhere* ]] || { echo "asked for too much: $asked"; exit 1; }
