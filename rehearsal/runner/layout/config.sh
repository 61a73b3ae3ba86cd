#!/bin/bash
# Registers this runner at GitHub (`./config.sh --url URL --token TOKEN ...`) or removes it (`./config.sh remove`).

if [ "$(id -u)" -eq 0 ] && [ -z "$RUNNER_ALLOW_RUNASROOT" ]; then
  echo "Must not run with sudo"
  exit 1
fi

cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. ./env.sh

if [ "$1" = remove ]; then
  exec ./bin/Runner.Listener "$@"
fi
exec ./bin/Runner.Listener configure "$@"
