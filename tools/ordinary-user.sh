# Sourced by scripts that root runs, for what an ordinary user has to do: cloche is for people without root.
#
#   . tools/ordinary-user.sh
#   work=$(ordinary_copy check)              a folder below the user's home; the tree is in $work/source
#   as_ordinary_user NAME=VALUE… COMMAND…    by that user, with an environment of its own

ordinary_user=cloche-test

make_ordinary_user() {
  if ! id "$ordinary_user" >/dev/null 2>&1; then
    useradd --create-home --shell /bin/bash "$ordinary_user"
  fi
  # useradd gives subordinate ids where the host is set up for it; where not, they are added.
  grep -q "^$ordinary_user:" /etc/subuid 2>/dev/null || usermod --add-subuids 300000-365535 "$ordinary_user"
  grep -q "^$ordinary_user:" /etc/subgid 2>/dev/null || usermod --add-subgids 300000-365535 "$ordinary_user"
}

ordinary_home() { getent passwd "$ordinary_user" | cut -d: -f6; }

# The files keep their times, so that a second run builds only what changed.
ordinary_copy() {
  make_ordinary_user >&2
  local work
  work=$(ordinary_home)/cloche-$1
  mkdir -p "$work/source"
  find "$work/source" -mindepth 1 -maxdepth 1 ! -name 'build*' -exec rm -rf {} +
  tar --exclude='./build*' --exclude=./.git -cf - . | tar -xf - -C "$work/source"
  chown -R "$ordinary_user:" "$work"
  echo "$work"
}

as_ordinary_user() {
  local home
  home=$(ordinary_home)
  runuser -u "$ordinary_user" -- env -i HOME="$home" USER="$ordinary_user" LOGNAME="$ordinary_user" \
    PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin TERM="${TERM:-dumb}" LANG=C.UTF-8 "$@"
}
