# Sourced by run.sh: acts that no program of this stage does, tried outside as a control and then under each
# learned profile, by the program of all acts (tests/hostile/acts): it says itself what came of it.

# A host with something to lose: another project, keys, somebody who listens.
other=$work/other
mkdir "$other"
echo secret >"$other/file"
printf '#!/bin/sh\nexit 0\n' >"$other/tool"
chmod +x "$other/tool"
plant "$HOME/.ssh/id_test" "a key"
plant "$HOME/.aws/credentials" "a token"
plant "$HOME/.bashrc" "# a start-up file"

# Anybody may trace it, so that a refusal is the sandbox's.
python3 -c "
import ctypes, signal, socket
ctypes.CDLL(None).prctl(0x59616d61, ctypes.c_ulong(-1), 0, 0, 0)
port = socket.create_server(('127.0.0.1', 0))
local = socket.socket(socket.AF_UNIX)
local.bind('$other/socket')
local.listen()
open('$other/port', 'w').write(str(port.getsockname()[1]))
print('listening', flush=True)
signal.pause()
" >"$work/listener" &
listener=$!
at_end+=("kill $listener")
until grep -qs listening "$work/listener"; do
  kill -0 "$listener" 2>/dev/null || { echo "tests/learn: nobody listens on this host" >&2; exit 1; }
  sleep 0.1
done

# The act, how it is shown to be possible, and what it may answer when it is refused.
#   outside   the same user does it
#   learned   so does a run without a profile: it is what was learned that refuses
#   root      root of namespaces of its own does it
attacks=(
  "read_file $HOME/.ssh/id_test|outside|ENOENT"
  "read_file $HOME/.aws/credentials|outside|ENOENT"
  "read_file $other/file|outside|ENOENT"
  "write_existing $other/file changed|outside|ENOENT"
  "open_for_writing $HOME/.bashrc|outside|ENOENT"
  "execute $other/tool|outside|ENOENT EPERM"
  "create_file .git/hooks/x|outside|EROFS ENOENT"
  "connect_tcp 127.0.0.1 $(cat "$other/port")|outside|ECONNREFUSED EPERM"
  "connect_path $other/socket|outside|ENOENT EPERM"
  "ptrace_seize $listener|outside|EPERM"
  "unshare user|outside|EPERM"
  "make_fifo fifo|learned|EPERM"
  "set_attribute given|learned|EPERM"
  "mount_tmpfs|root|EPERM"
)

project_with_hooks() { # in the current folder
  git init -q && mkdir -p .git/hooks && echo text >given
}

# All that an act may change, without the times of the project: what stands there for protected paths changes them.
state() { # folder of the project
  find "$HOME/.ssh" "$HOME/.aws" "$HOME/.bashrc" "$other" -printf '%p %y %m %u %n %C@\n' | sort
  find "$1" -printf '%p %y %m %u\n' | sort
  find "$HOME/.ssh" "$HOME/.aws" "$HOME/.bashrc" "$other" "$1" -type f -exec sha256sum {} + | sort
}

try() { # folder, words before the act, act: what came of it
  # shellcheck disable=SC2086
  (cd "$1" && ${2:+$2} "$acts" $3) 2>&1
}

show_that_they_can_be_done() {
  local row act how said
  : >"$work/log"
  for row in "${attacks[@]}"; do
    IFS='|' read -r act how _ <<<"$row"
    case $how in
      outside) said=$(control "" "$act") ;;
      learned) said=$(control "" "$act" && control "$cloche run --quiet --no-tty --ro $acts --" "$act") ;;
      root) said=$(control "" "--in-namespaces $act") ;;
    esac || echo "$act: $said" >>"$work/log"
  done
  echo secret >"$other/file"
  [ ! -s "$work/log" ]
  result $? "what is tried below can be done where nothing forbids it" "$work/log"
}

control() { # words before the act, act: in a folder of its own
  rm -rf "$work/control" && mkdir "$work/control" && (cd "$work/control" && project_with_hooks) && try "$work/control" "$@"
}

attack() { # profile, folder, title
  local row act answers said status inside="$cloche run --quiet --no-tty --profile $1 --ro $acts --"
  state "$2" >"$work/before"
  # Were nothing possible, a refusal would show nothing.
  : >"$work/log"
  try "$2" "$inside" "open_for_reading /usr" >/dev/null || echo "no act can be tried" >>"$work/log"
  for row in "${attacks[@]}"; do
    IFS='|' read -r act _ answers <<<"$row"
    status=0
    said=$(try "$2" "$inside" "$act") || status=$?
    if [ "$status" -eq 0 ]; then
      echo "let through: $act" >>"$work/log"
    elif [ "$status" -ne 1 ] || ! grep -qwF -- "$said" <<<"$answers"; then
      echo "$act: $answers was to be answered, and not: $said" >>"$work/log"
    fi
  done
  state "$2" | diff "$work/before" - >>"$work/log" || echo "the host is not as it was" >>"$work/log"
  [ ! -s "$work/log" ]
  result $? "$3: ${#attacks[@]} acts that it did not do are refused, and the host is as it was" "$work/log"
}
