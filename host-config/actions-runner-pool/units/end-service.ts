import { UNIT_CGROUP } from "./runner-unit";

/**
 * Seconds from SIGTERM to SIGKILL for the runner's service itself. Asked to stop, it gives its listener 30 s; after that
 * there is nothing that it could wait for.
 */
const SERVICE_STOP_SECONDS = 60;

/**
 * The last stop command, after the drains: it ends the service, as systemd would do next. But systemd has one
 * TimeoutStopSec= for all that, the length of a drain, and runsvc.sh is the job's user's own: a job that stopped it
 * (SIGSTOP) or wrote something into it could hold the instance for as long. A worker is left alone, as by KillMode=process.
 */
export function endServiceScript(): string {
  return `#!/bin/bash
# Last stop command of the runner's unit. systemd says in MAINPID which process is the service, if it still lives.
main=\${MAINPID:-none} last=$((SECONDS + ${SERVICE_STOP_SECONDS}))
members() {
  cat /sys/fs/cgroup{,/systemd}/${UNIT_CGROUP}/cgroup.procs 2>/dev/null
}
trap '' TERM INT HUP
members | grep -qx "$main" || exit 0
kill -TERM "$main"
for pid in $(members); do kill -CONT "$pid" 2>/dev/null; done
while members | grep -qx "$main"; do
  sleep 0.1
  [ "$SECONDS" -lt "$last" ] && continue
  echo "the service does not end after SIGTERM, killing it" >&2
  for pid in $(members); do
    { read -r comm <"/proc/$pid/comm"; } 2>/dev/null || continue
    [[ $pid == "$$" || $comm == Runner.Worker ]] || kill -KILL "$pid"
  done
  break
done
exit 0
`;
}
