import { PATHS, UNITS, type HostConfig } from "../../contract/host";

/** The instance metadata service, where the instance's credentials are: IPv4 and IPv6. */
export const METADATA_ADDRESSES = ["169.254.169.254", "fd00:ec2::254"] as const;

/** Seconds on top of maxDrain before systemd gives up on the drain: its own forced stop (35 s and some) must come first. */
const STOP_MARGIN_SECONDS = 120;

/**
 * The official runner. Not enabled: the agent starts it once the instance is in service.
 *
 * KillMode=process: a signal to the whole cgroup would reach the worker and cancel its job. OOMPolicy=continue: by
 * default systemd stops a service, without its ExecStop=, as soon as the kernel kills any process of it, and that may be
 * one greedy step of a job. The drain stands there twice because a first one that was killed would else be followed by
 * systemd's SIGTERM at once; the third needs no Node. Nothing to drain takes each of them milliseconds.
 */
export function runnerUnit(config: HostConfig): string {
  const agent = `${PATHS.node} ${PATHS.agent}`;
  return `[Unit]
Description=GitHub Actions runner (pool ${config.pool})
After=network-online.target docker.service containerd.service
Wants=network-online.target
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
ExecStop=-+${agent} drain
ExecStop=-+${PATHS.home}/wait-for-worker.sh
ExecStopPost=-+${PATHS.home}/after-stop.sh
KillMode=process
KillSignal=SIGTERM
OOMPolicy=continue
TimeoutStartSec=infinity
TimeoutStopSec=${config.maxDrain + STOP_MARGIN_SECONDS}
Restart=always
RestartSec=10
StandardOutput=append:${PATHS.listenerLog}
StandardError=journal
SyslogIdentifier=actions-runner
LogRateLimitIntervalSec=0
UMask=0022
${config.jobsMayUseInstanceRole ? "" : `IPAddressDeny=${METADATA_ADDRESSES.join(" ")}\n`}`;
}

/**
 * Ends a stop where the agent cannot: a worker that lives keeps the stop waiting, whatever became of Node or the agent.
 * Bounded by maxDrain, like the drain, which leaves a mark when its own bound was reached.
 */
export function waitForWorkerScript(config: HostConfig): string {
  return `#!/bin/bash
# Last of the stop commands: waits while a worker of the runner lives. Usually there is none.
deadline=$((SECONDS + ${config.maxDrain}))
worker_lives() {
  local folder pid comm
  for folder in /sys/fs/cgroup /sys/fs/cgroup/systemd; do
    while read -r pid; do
      read -r comm 2>/dev/null <"/proc/$pid/comm" || continue
      [ "$comm" = Runner.Worker ] && return 0
    done < <(cat "$folder/system.slice/${UNITS.runner}/cgroup.procs" 2>/dev/null)
  done
  return 1
}
trap '' TERM INT HUP
while [ ! -e ${PATHS.runtime}/forced-stop ] && [ "$SECONDS" -lt "$deadline" ] && worker_lives; do
  sleep 1
done
exit 0
`;
}

/** Runs after every stop and every crash; the completion asks for itself whether this was a termination. */
export function afterStopScript(): string {
  return `#!/bin/bash
# A unit of its own, because this cgroup may not reach AWS. --no-block, because it waits for this unit to be stopped.
systemctl start --no-block ${UNITS.complete}
exit 0
`;
}
