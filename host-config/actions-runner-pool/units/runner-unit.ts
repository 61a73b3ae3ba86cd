import { FORCED_STOP_MARKS, PATHS, UNITS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import { METADATA_ADDRESSES } from "../../shared/metadata-addresses";
import { NO_JOB } from "../agent/announcements";
import { ACQUIRE_BOUND_MS } from "../agent/in-flight";
import { environmentLines } from "../../shared/unit-extras";
import { unitExtras } from "./unit-extras";

/** The unit's cgroup: systemd's default for a service without Slice=. */
export const UNIT_CGROUP = `system.slice/${UNITS.runner}`;

/**
 * Where a job can have systemd move its user's processes, the runner's included, without any privilege: into a unit that is
 * delegated to that user (D-Bus AttachProcessesToUnit), such as its service manager. It cannot move them back.
 */
export const USERS_CGROUP = "user.slice";

/** Seconds beyond the drain's deadline before systemd stops waiting: the drain's own forced stop must come first. */
const STOP_MARGIN_SECONDS = 120;

/** Seconds within which a job that the listener has just acquired usually gets its worker. */
const WORKER_APPEARS_SECONDS = 10;

/** Bytes of the performance log that are read, as in log-tail.ts. */
const TAIL_BYTES = 65_536;

/**
 * The official runner. Not enabled: the agent starts it once the instance is in service.
 *
 * - KillMode=process: a signal to the whole cgroup would reach the worker and cancel its job.
 * - OOMPolicy=continue: by default systemd stops a service, without its ExecStop=, as soon as the kernel's OOM killer
 *   kills any of its processes, which may be a single step of a job.
 * - TasksMax=infinity: the drain runs in this cgroup, and a job that used up all tasks would leave none for it. The
 *   kernel's limit on the job's user (LimitNPROC=, half of what the machine can hold) still applies; root is exempt.
 * - No WorkingDirectory=: systemd would change to it for root's commands, too. The folder is the job user's, who can mount
 *   a file system over it (FUSE) that root must not enter, and no stop command would run. Only ExecStart= goes there.
 * - ExecStop= three times: without the second, systemd would send SIGTERM right after a drain that was killed. The
 *   second also waits where the agent cannot run; the third ends the service. With nothing to do each takes milliseconds.
 */
export function runnerUnit(config: HostConfig): string {
  const agent = `${PATHS.node} ${PATHS.agent}`;
  const extras = unitExtras(config);
  const names = (units: readonly string[]) => units.map((unit) => ` ${unit}`).join("");
  return `[Unit]
Description=GitHub Actions runner (pool ${config.pool.replaceAll("%", "%%")})
After=network-online.target docker.service containerd.service ${UNITS.perfLog} ${UNITS.listenerLog}${names(extras.after)}
Wants=network-online.target ${UNITS.perfLog} ${UNITS.listenerLog}${names(extras.wants)}
${extras.requires.length === 0 ? "" : `Requires=${extras.requires.join(" ")}\n`}StartLimitIntervalSec=0

[Service]
Type=exec
User=${config.runnerUser}
Environment=LANG=C.UTF-8
Environment=ACTIONS_RUNNER_HOOK_JOB_STARTED=${PATHS.jobStartedHook}
Environment=ACTIONS_RUNNER_HOOK_JOB_COMPLETED=${PATHS.jobCompletedHook}
Environment=RUNNER_PERFLOG=${PATHS.perfLog}
${environmentLines(extras.environment)}${config.privateAuthorities ? `Environment=NODE_EXTRA_CA_CERTS=${PATHS.authorities}\n` : ""}ExecStartPre=+${agent} reap
ExecStart=/usr/bin/env --chdir=${PATHS.runner} ${PATHS.runner}/runsvc.sh
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

/**
 * `has_process NAME`: whether the unit's cgroup contains such a process, or one that a job moved it to. In plain bash,
 * because the agent may be broken.
 */
const HAS_PROCESS = `has_process() {
  local folder pid comm
  for folder in /sys/fs/cgroup /sys/fs/cgroup/systemd; do
    while read -r pid; do
      { read -r comm <"/proc/$pid/comm"; } 2>/dev/null || continue
      [[ $comm == "$1" ]] && return 0
    done < <(cat "$folder/${UNIT_CGROUP}/cgroup.procs" 2>/dev/null)
  done
  for folder in /proc/[0-9]*; do
    { read -r comm <"$folder/comm"; } 2>/dev/null || continue
    [[ $comm == "$1" ]] && moved "$folder" && return 0
  done
  return 1
}
moved() {
  local cgroups
  # Not readable: its path is too long, as only a job makes it.
  cgroups=$(cat "$1/cgroup" 2>/dev/null) || return 0
  [[ $cgroups == *:/${USERS_CGROUP}/user-[1-9]* ]]
}`;

/**
 * `acquiring`: whether the listener may be acquiring a job: its last message may carry one, no worker was started for it, and
 * the acquisition may still succeed (in-flight.ts). A log that exists but cannot be read counts, as for the agent. Without
 * the agent's other sources a message that the listener has skipped counts, too, at the cost of a bounded wait.
 */
const ACQUIRING = `acquiring() {
  local text last stamp age
  if ! text=$(LC_ALL=C timeout -s KILL 5 tail -c ${TAIL_BYTES} ${PATHS.perfLog}/Runner.perf 2>&1); then
    [[ $text != *"No such file"* ]]
    return
  fi
  last=$(grep -aE '^(MessageReceived_|StartingWorkerProcess:)' <<<"$text" | grep -aviE '^MessageReceived_[^:]*(${NO_JOB.source})' | tail -n 1)
  [[ $last == MessageReceived_*:* ]] || return 1
  stamp=$(date -d "\${last#*:}" +%s 2>/dev/null) || return 1
  age=$(($(date +%s) - stamp))
  # A stamp of the future was written before the clock was set back.
  [ "$age" -lt ${ACQUIRE_BOUND_MS / 1000} ] && [ "$age" -gt -${ACQUIRE_BOUND_MS / 1000} ]
}`;

/**
 * The second stop command. It restarts a drain that was killed (SIGKILL, the OOM killer), as often as necessary. If the
 * agent cannot run at all, the script itself waits for a worker, and for one that may be about to start, for as long as the
 * agent would wait for an acquisition. Like the drain,
 * it waits for maxDrain at most. Usually nothing is left to do, which takes milliseconds.
 */
export function stopAgainScript(config: HostConfig): string {
  return `#!/bin/bash
# Second stop command of ${UNITS.runner}: finishes a drain that the first one could not finish.
deadline=$((SECONDS + ${config.drainDeadline}))
${HAS_PROCESS}
${ACQUIRING}
forced() { ${FORCED_STOP_MARKS.map((mark) => `[ -e ${mark} ]`).join(" || ")}; }
trap '' TERM INT HUP
while ! forced && [ "$SECONDS" -lt "$deadline" ]; do
  has_process Runner.Listener || has_process Runner.Worker || exit 0
  echo "the drain did not finish, draining again" >&2
  ${PATHS.node} ${PATHS.agent} drain && exit 0
  # More than 128: a signal ended it, so the agent can run and the next try may succeed.
  [ $? -gt 128 ] || break
  sleep 1
done
quiet=0
while ! forced && [ "$SECONDS" -lt "$deadline" ] && [ "$quiet" -lt ${WORKER_APPEARS_SECONDS} ]; do
  if has_process Runner.Worker; then
    quiet=0
  elif has_process Runner.Listener; then
    if acquiring; then quiet=0; else quiet=$((quiet + 1)); fi
  else
    exit 0
  fi
  sleep 1
done
exit 0
`;
}

/**
 * Runs after every stop and every crash; the completion checks itself whether the instance is terminating. A crash of
 * runsvc.sh alone leaves the listener and its job behind, and systemd runs no ExecStop=. They are drained here, because
 * a stopped unit no longer makes a shutdown wait for them.
 */
export function afterStopScript(): string {
  return `#!/bin/bash
${HAS_PROCESS}
trap '' TERM INT HUP
if has_process Runner.Listener || has_process Runner.Worker; then ${PATHS.node} ${PATHS.agent} drain; fi
# A separate unit, because this cgroup may be unable to reach AWS. --no-block, because it waits for this unit's stop.
systemctl start --no-block ${UNITS.complete}
exit 0
`;
}
