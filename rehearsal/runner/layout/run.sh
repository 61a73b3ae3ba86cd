#!/bin/bash
# Runs the listener in the foreground. Exit codes 2, 3 and 4 restart it; 1, 5 and any other end this script with code 0.

if [ "$(id -u)" -eq 0 ] && [ -z "$RUNNER_ALLOW_RUNASROOT" ]; then
  echo "Must not run interactively with sudo"
  exit 1
fi

cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1

run() {
  while :; do
    ./bin/Runner.Listener run "$@"
    case $? in
      2 | 3 | 4) sleep 5 ;;
      *) return 0 ;;
    esac
  done
}

if [ -z "$RUNNER_MANUALLY_TRAP_SIG" ]; then
  run "$@"
  exit
fi

# With the variable set, every process of the group gets SIGINT, including those of steps.
set -m
(run "$@") &
group=$!
forward() { kill -INT -- "-$group"; }
trap forward TERM INT
wait "$group"
trap - TERM INT
wait "$group"
