import { UNIT_CGROUP } from "./runner-unit";

/**
 * Seconds from SIGTERM to SIGKILL for the runner's service itself. On SIGTERM the service gives its listener 30 s; after
 * that it has nothing left to wait for.
 */
const SERVICE_STOP_SECONDS = 60;

/**
 * The last stop command, after the drains: it ends the service, as systemd would do next. systemd would apply its
 * TimeoutStopSec=, which is as long as a drain. runsvc.sh belongs to the job's user: a job that suspended it (SIGSTOP),
 * rewrote it or moved it out of the unit's cgroup could hold the instance for that long. A worker is left alone, as with
 * KillMode=process.
 */
export function endServiceScript(): string {
  return `#!/bin/bash
# Last stop command of the runner's unit. systemd sets MAINPID to the service's process while that is running.
main=\${MAINPID:-none} last=$((SECONDS + ${SERVICE_STOP_SECONDS}))
members() {
  cat /sys/fs/cgroup{,/systemd}/${UNIT_CGROUP}/cgroup.procs 2>/dev/null
}
# From this folder "stat" is that of this very process, even if its pid is given to another one later.
cd "/proc/$main" 2>/dev/null || exit 0
running() {
  local line
  { read -r line <stat; } 2>/dev/null && [[ \${line##*) } != Z* ]]
}
trap '' TERM INT HUP
running || exit 0
kill -TERM "$main"
for pid in "$main" $(members); do kill -CONT "$pid" 2>/dev/null; done
while running; do
  sleep 0.1
  [ "$SECONDS" -lt "$last" ] && continue
  echo "the service does not end after SIGTERM, killing it" >&2
  for pid in "$main" $(members); do
    { read -r comm <"/proc/$pid/comm"; } 2>/dev/null || continue
    [[ $pid == "$$" || $comm == Runner.Worker ]] || kill -KILL "$pid"
  done
  break
done
exit 0
`;
}
