# Sourced by tests written in bash: a TAP line a test, and below a failed one the end of what there is to say.
number=0 failed=0

result() { # status, title, file with what there is to say
  number=$((number + 1))
  if [ "$1" -eq 0 ]; then
    echo "ok $number - $2"
  else
    echo "not ok $number - $2"
    tail -n 40 "$3" | sed 's/^/#   /'
    failed=1
  fi
}

finish() { # prints the plan, and ends
  echo "1..$number"
  exit "$failed"
}
