import { PATHS, UNITS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import { METADATA_ADDRESSES } from "../../shared/metadata-addresses";

/** systemd puts the unit there as long as it has no slice of its own. */
export const UNIT_CGROUP = `system.slice/${UNITS.runner}`;

/** Seconds on top of maxDrain before systemd gives up on the drain: its own forced stop (35 s and some) must come first. */
const STOP_MARGIN_SECONDS = 120;

/** A job that a listener has just acquired has no worker yet; by then it has, unless GitHub is slow at that very moment. */
const WORKER_APPEARS_SECONDS = 10;

/**
 * The official runner. Not enabled: the agent starts it once the instance is in service.
 *
 * KillMode=process: a signal to the whole cgroup would reach the worker and cancel its job. OOMPolicy=continue: by
 * default systemd stops a service, without its ExecStop=, as soon as the kernel kills any process of it, and that may be
 * one greedy step of a job. TasksMax=infinity: the drain runs in this cgroup, and a job that has used up its tasks would
 * leave none for it; the kernel's limit on the job's user (LimitNPROC=, half of what the machine can hold) stands, and
 * root is not bound by it. The drain stands there twice because a first one that was killed would else be followed by
 * systemd's SIGTERM at once; the third needs no Node. Nothing to drain takes each of them milliseconds.
 */
export function runnerUnit(config: HostConfig): string {
  const agent = `${PATHS.node} ${PATHS.agent}`;
  return `[Unit]
Description=GitHub Actions runner (pool ${config.pool.replaceAll("%", "%%")})
After=network-online.target docker.service containerd.service ${UNITS.perfLog}
Wants=network-online.target ${UNITS.perfLog}
StartLimitIntervalSec=0

[Service]
Type=exec
User=${config.runnerUser}
WorkingDirectory=${PATHS.runner}
Environment=LANG=C.UTF-8
Environment=ACTIONS_RUNNER_HOOK_JOB_STARTED=${PATHS.jobStartedHook}
Environment=ACTIONS_RUNNER_HOOK_JOB_COMPLETED=${PATHS.jobCompletedHook}
Environment=RUNNER_PERFLOG=${PATHS.perfLog}
ExecStartPre=+${agent} reap
ExecStart=${PATHS.runner}/runsvc.sh
ExecStop=-+${agent} drain
ExecStop=-+${PATHS.home}/stop-again.sh
ExecStop=-+${PATHS.home}/end-service.sh
ExecStopPost=-+${PATHS.home}/after-stop.sh
KillMode=process
KillSignal=SIGTERM
OOMPolicy=continue
TasksMax=infinity
TimeoutStartSec=infinity
TimeoutStopSec=${config.drainDeadline + STOP_MARGIN_SECONDS}
Restart=always
RestartSec=10
StandardOutput=append:${PATHS.listenerLog}
StandardError=journal
SyslogIdentifier=actions-runner
LogRateLimitIntervalSec=0
UMask=0022
${config.jobsMayUseInstanceRole ? "" : `IPAddressDeny=${METADATA_ADDRESSES.join(" ")}\n`}`;
}

/** Whether a process of the name lives in the unit's cgroup; in the shell's own words, as the agent may be what is broken. */
const LIVES = `lives() {
  local folder pid comm
  for folder in /sys/fs/cgroup /sys/fs/cgroup/systemd; do
    while read -r pid; do
      { read -r comm <"/proc/$pid/comm"; } 2>/dev/null || continue
      [[ $comm == "$1" ]] && return 0
    done < <(cat "$folder/${UNIT_CGROUP}/cgroup.procs" 2>/dev/null)
  done
  return 1
}`;

/**
 * The second stop command. A drain that was killed (SIGKILL, the OOM killer) is begun again, and so is that one; where
 * the agent cannot run at all, a worker that lives, or is about to, still keeps the stop waiting, for maxDrain at most,
 * like the drain itself. Usually nothing is left to do, and that takes milliseconds.
 */
export function stopAgainScript(config: HostConfig): string {
  return `#!/bin/bash
# Second stop command of ${UNITS.runner}: does what the first one could not.
deadline=$((SECONDS + ${config.drainDeadline}))
${LIVES}
forced=${PATHS.runtime}/forced-stop
trap '' TERM INT HUP
while [ ! -e "$forced" ] && [ "$SECONDS" -lt "$deadline" ]; do
  lives Runner.Listener || lives Runner.Worker || exit 0
  echo "the drain did not come to its end, draining again" >&2
  ${PATHS.node} ${PATHS.agent} drain && exit 0
  # More than 128: a signal ended it, so it can run, and its next try may be left alone.
  [ $? -gt 128 ] || break
  sleep 1
done
quiet=0
while [ ! -e "$forced" ] && [ "$SECONDS" -lt "$deadline" ] && [ "$quiet" -lt ${WORKER_APPEARS_SECONDS} ]; do
  if lives Runner.Worker; then
    quiet=0
  elif lives Runner.Listener; then
    quiet=$((quiet + 1))
  else
    exit 0
  fi
  sleep 1
done
exit 0
`;
}

/**
 * Runs after every stop and every crash; the completion asks for itself whether this was a termination. A crash of
 * runsvc.sh alone leaves the listener and its job behind, without any ExecStop=. They are drained here, because a unit
 * that counts as stopped no longer keeps a shutdown waiting for them.
 */
export function afterStopScript(): string {
  return `#!/bin/bash
${LIVES}
trap '' TERM INT HUP
if lives Runner.Listener || lives Runner.Worker; then ${PATHS.node} ${PATHS.agent} drain; fi
# A unit of its own, because this cgroup may not reach AWS. --no-block, because it waits for this unit to be stopped.
systemctl start --no-block ${UNITS.complete}
exit 0
`;
}
