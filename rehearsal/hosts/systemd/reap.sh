#!/bin/sh
# Waits for the end of the rehearsal that started it (its standard input ends), then removes what that rehearsal did not
# get to remove: a machine's own process 1 does not go with its parent. Arguments: directory, record, control groups.
set -u
dir=$1
record=$2
shift 2

cat >/dev/null

for group in "$@"; do
  tries=0
  # 10 s: processes need a moment to be gone after SIGKILL. The next rehearsal looks again.
  while [ -d "$group" ] && [ "$tries" -lt 100 ]; do
    find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u | xargs -r kill -KILL 2>/dev/null
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
    [ -d "$group" ] && sleep 0.1
    tries=$((tries + 1))
  done
  [ -d "$group" ] && exit 1
done
rm -rf "$dir"
rm -f "$record"
