/**
 * Units that switch the machine off. They need neither the agent nor a disk that can be written: whatever hangs or is broken, the machine
 * must not be left running. systemd itself keeps the times.
 *
 * The user data writes them before anything else is there, and each installation writes them again.
 */
import { FORCE_OFF_AFTER, PERSISTENT_LOG, PERSISTENT_UNITS } from "../../../contract/persistent-runner/host";
import { type RenderedFile, unitFile } from "../../shared/rendered-file";

export interface PowerLimits {
  /** Seconds. */
  maxSession: number;
}

export function powerUnits({ maxSession }: PowerLimits): RenderedFile[] {
  return [
    unitFile(PERSISTENT_UNITS.failsafe, failsafeTimer(maxSession)),
    unitFile(PERSISTENT_UNITS.failsafeService, failsafeService()),
    unitFile(PERSISTENT_UNITS.powerOff, powerOffUnit()),
    unitFile(PERSISTENT_UNITS.forceOff, forceOffTimer()),
    unitFile(PERSISTENT_UNITS.forceOffService, forceOffService()),
  ];
}

/** systemd would stop them early in a shutdown, of which they are to see the end. */
const DURING_SHUTDOWN = "DefaultDependencies=no";
/** A command may not even be started: without memory, or on a broken disk. Then systemd ends the processes itself, and switches off. */
const BY_SYSTEMD = "FailureAction=poweroff-force";

/** By default a timer may be a minute late. */
function failsafeTimer(maxSession: number): string {
  return `[Unit]
Description=Switches the machine off ${maxSession} s after its start
${DURING_SHUTDOWN}

[Timer]
OnBootSec=${maxSession}
AccuracySec=1s
Unit=${PERSISTENT_UNITS.failsafeService}

[Install]
WantedBy=timers.target
`;
}

function failsafeService(): string {
  const line = JSON.stringify({ level: "warn", message: PERSISTENT_LOG.sessionOver, part: "failsafe" });
  return `[Unit]
Description=Ends the machine's session, also under a job
${DURING_SHUTDOWN}
${BY_SYSTEMD}

[Service]
Type=oneshot
ExecStart=-/bin/echo "${line.replaceAll('"', '\\"')}"
ExecStart=/bin/systemctl start --no-block ${PERSISTENT_UNITS.powerOff}
StandardOutput=journal+console
`;
}

/** Asks systemd itself instead of systemd-logind, where any program may hold a lock on it (systemd-inhibit). */
function powerOffUnit(): string {
  return `[Unit]
Description=Switches the machine off
${DURING_SHUTDOWN}
${BY_SYSTEMD}

[Service]
Type=oneshot
ExecStart=/bin/systemctl start --no-block ${PERSISTENT_UNITS.forceOff}
ExecStart=/bin/systemctl start --no-block --job-mode=replace-irreversibly poweroff.target
`;
}

/** A service whose stop hangs holds an orderly power-off for as long as its own timeout, which may be infinite. */
function forceOffTimer(): string {
  return `[Unit]
Description=Cuts the power if the machine is still on after ${FORCE_OFF_AFTER} s
${DURING_SHUTDOWN}

[Timer]
OnActiveSec=${FORCE_OFF_AFTER}
AccuracySec=1s
Unit=${PERSISTENT_UNITS.forceOffService}
`;
}

/** Twice forced, systemctl asks the kernel alone. What is in memory is written first, if the disks answer. */
function forceOffService(): string {
  return `[Unit]
Description=Cuts the power
${DURING_SHUTDOWN}
${BY_SYSTEMD}

[Service]
Type=oneshot
ExecStart=-/usr/bin/timeout --signal=KILL 10 sync
ExecStart=/bin/systemctl poweroff --force --force
`;
}
