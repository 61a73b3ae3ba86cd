#!/bin/sh
# Waits until the rehearsal that started it ends (its standard input closes), then removes what that rehearsal left:
# a machine's process 1 does not end with its parent. Arguments: directory, record, control groups.
set -u
dir=$1
record=$2
shift 2

cat >/dev/null

for group in "$@"; do
  tries=0
  # 10 s: processes need a moment to end after SIGKILL. The next rehearsal tries again.
  while [ -d "$group" ] && [ "$tries" -lt 100 ]; do
    find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u | xargs -r kill -KILL 2>/dev/null
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
    [ -d "$group" ] && sleep 0.1
    tries=$((tries + 1))
  done
  [ -d "$group" ] && exit 1
done
# Not into another file system, of which a mount may be left below it.
rm -rf --one-file-system "$dir"
rm -f "$record"
