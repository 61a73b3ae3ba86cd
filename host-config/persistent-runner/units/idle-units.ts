import { PERSISTENT_UNITS } from "../../../contract/persistent-runner/host";
import { PERSISTENT_TIMING } from "../../../contract/persistent-runner/timing";

export function idleTimer(): string {
  const { idleInterval } = PERSISTENT_TIMING;
  return `[Unit]
Description=Checks every ${idleInterval} s whether the machine is idle

[Timer]
OnBootSec=${idleInterval}
OnUnitInactiveSec=${idleInterval}
AccuracySec=1s
Unit=${PERSISTENT_UNITS.idle}

[Install]
WantedBy=timers.target
`;
}

/** Without a timeout: with registration `service` it waits for a job that has just begun. */
export function idleUnit(agent: string): string {
  return `[Unit]
Description=Switches the machine off once it has been idle for too long
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=${agent} idle
TimeoutStartSec=infinity
OOMScoreAdjust=-900
StandardOutput=journal
StandardError=journal
SyslogIdentifier=ci-runners-idle
`;
}
