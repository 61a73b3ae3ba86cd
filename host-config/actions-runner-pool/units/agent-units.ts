import { PATHS, UNITS, type HostConfig } from "../../../contract/actions-runner-pool/host";

/**
 * The heartbeat and the completion may have to start while the machine shuts down and the runner still drains (a
 * reboot by an operator):
 * with the default dependencies a start would conflict with the shutdown and be refused. They order themselves after
 * nothing of the network, because a start waits for the stop of what it is ordered after.
 */
const ALSO_DURING_SHUTDOWN = "DefaultDependencies=no";

/** Seconds; three calls with all their retries. */
const HEARTBEAT_BOUND_SECONDS = 100;

export interface HostFacts {
  /** Primary group of the job's user. */
  runnerGroup: string;
  /** The job's user. */
  runnerUid: number;
  /** File with the certificate authorities that the system trusts; Node brings only its own. */
  authorities?: string;
}

function environment(facts: HostFacts): string {
  return facts.authorities ? `Environment=NODE_EXTRA_CA_CERTS=${facts.authorities}\n` : "";
}

/** Not ordered against the runner's unit: a start waits for any pending stop, so a drain would keep the agent from restarting. */
export function agentUnit(facts: HostFacts): string {
  return `[Unit]
Description=Agent of the CI runner: registers, watches the lifecycle, starts and stops the runner
Requires=${UNITS.agentSocket}
After=${UNITS.agentSocket} network-online.target
Wants=network-online.target
StartLimitIntervalSec=0
ConditionPathExists=${PATHS.config}

[Service]
Type=exec
ExecStart=${PATHS.node} ${PATHS.agent} daemon
${environment(facts)}Restart=always
RestartSec=1
TimeoutStopSec=5
OOMScoreAdjust=-900
StandardOutput=journal
StandardError=journal
SyslogIdentifier=runner-agent
NoNewPrivileges=yes
UMask=0022

[Install]
WantedBy=multi-user.target
`;
}

export function agentSocket(facts: HostFacts): string {
  return `[Unit]
Description=Where the runner's job hooks speak to the agent

[Socket]
ListenStream=${PATHS.socket}
SocketUser=root
SocketGroup=${facts.runnerGroup}
SocketMode=0660
RemoveOnStop=yes

[Install]
WantedBy=sockets.target
`;
}

/** A beat that failed is tried again soon: by intervals alone, an API that answers only now and then lets the action lapse. */
export function heartbeatUnit(facts: HostFacts): string {
  return `[Unit]
Description=Keeps the termination's lifecycle action alive while the runner drains
${ALSO_DURING_SHUTDOWN}
StartLimitIntervalSec=0
ConditionPathExists=${PATHS.config}

[Service]
Type=oneshot
ExecStart=${PATHS.node} ${PATHS.agent} heartbeat
${environment(facts)}TimeoutStartSec=${HEARTBEAT_BOUND_SECONDS}
Restart=on-failure
RestartSec=10
OOMScoreAdjust=-900
StandardOutput=journal
StandardError=journal
SyslogIdentifier=runner-heartbeat
`;
}

/**
 * Not stopped at a shutdown either: a timer whose stop is pending no longer fires. Before= keeps the runner's unit
 * loaded: systemd forgets an unloaded unit's past, and with it that an operator stopped it.
 */
export function heartbeatTimer(config: HostConfig): string {
  return `[Unit]
Description=Beats every ${config.heartbeatInterval} s
${ALSO_DURING_SHUTDOWN}
Before=${UNITS.runner}

[Timer]
OnActiveSec=${config.heartbeatInterval}
OnUnitActiveSec=${config.heartbeatInterval}
AccuracySec=1s
Unit=${UNITS.heartbeat}

[Install]
WantedBy=timers.target
`;
}

/**
 * Tried again every 10 s for as long as it takes: once the runner is stopped nobody beats any more, so an action that
 * cannot be completed expires, and then the completion finds nothing to do and ends. Leftovers are drained in here, so
 * its own bound is that of the drain.
 */
export function completeUnit(config: HostConfig, facts: HostFacts): string {
  return `[Unit]
Description=Completes the termination's lifecycle action once the runner is stopped
${ALSO_DURING_SHUTDOWN}
StartLimitIntervalSec=0
ConditionPathExists=${PATHS.config}

[Service]
Type=oneshot
ExecStart=${PATHS.node} ${PATHS.agent} complete
${environment(facts)}TimeoutStartSec=${config.drainDeadline + 600}
Restart=on-failure
RestartSec=10
OOMScoreAdjust=-900
StandardOutput=journal
StandardError=journal
SyslogIdentifier=runner-complete
`;
}
