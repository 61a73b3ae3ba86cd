import { PATHS, UNITS, type HostConfig } from "../../../contract/actions-runner-pool/host";

/**
 * The heartbeat and the completion may have to start while the machine shuts down and the runner still drains, as in a
 * reboot by an operator. With the default dependencies such a start would conflict with the shutdown and be refused.
 * They are not ordered after the network either: a start waits for the stop of what it is ordered after.
 */
const ALSO_DURING_SHUTDOWN = "DefaultDependencies=no";

/** Seconds. Covers one AWS call with all its attempts (30 s), two systemctl calls (20 s each) and the metadata reads. */
const HEARTBEAT_BOUND_SECONDS = 100;

export interface HostFacts {
  /** Primary group of the job's user. */
  runnerGroup: string;
  /** UID of the job's user. */
  runnerUid: number;
  /** File with the certificate authorities that the system trusts. By default Node.js trusts only its built-in ones. */
  authorities?: string;
}

function environment(facts: HostFacts): string {
  return facts.authorities ? `Environment=NODE_EXTRA_CA_CERTS=${facts.authorities}\n` : "";
}

/** Not ordered relative to the runner's unit: a start waits for a pending stop, so a drain would keep the agent from restarting. */
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
Description=Socket on which the runner's job hooks notify the agent

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

/** Retries a failed heartbeat quickly: at the normal interval an intermittent API would let the lifecycle action expire. */
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
 * Also kept during a shutdown: a timer whose stop is pending no longer fires. Before= keeps the runner's unit loaded:
 * systemd forgets the history of an unloaded unit, and with it that an operator stopped the unit.
 */
export function heartbeatTimer(config: HostConfig): string {
  return `[Unit]
Description=Runs the heartbeat every ${config.heartbeatInterval} s
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
 * Retried every 10 s without a limit. Once the runner is stopped no heartbeat is sent any more, so an action that cannot
 * be completed expires; the completion then finds no action and ends. The completion drains leftovers itself, so its
 * timeout is longer than that of the drain.
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
