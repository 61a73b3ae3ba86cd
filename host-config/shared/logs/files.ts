import { HOST_UNITS } from "../../../contract/shared/host-units";
import type { HostSetup } from "../../../contract/shared/host-setup";
import { type RenderedFile, type UnitFacts, unitFile } from "../rendered-file";
import { NO_EXTRAS, type UnitExtras } from "../unit-extras";
import { FLUSH_GIVEN_UP_MS } from "./bounds";

/** The shipper's exit code where it wants to be started again. */
export const START_AGAIN = 75;

/** Files of the delivery of the host's logs, for the installer. */
export function logsFiles({ logs }: HostSetup, facts: UnitFacts): RenderedFile[] {
  return logs === undefined ? [] : [unitFile(HOST_UNITS.logs, logsUnit(facts))];
}

/** What the delivery of the host's logs adds to the runner's unit: nothing, as no job depends on it. */
export function logsExtras({ logs }: HostSetup): UnitExtras {
  return logs === undefined ? NO_EXTRAS : { ...NO_EXTRAS, enable: [HOST_UNITS.logs] };
}

/**
 * Before= the runner, so that an orderly shutdown stops it after the drain. It delays no start: without a job of its own an order
 * means nothing. Started again during a drain it waits for that drain's end, and then delivers what it has missed.
 *
 * On an image of a machine of a pool without logs it ends at once and stays so, hence no Restart=always.
 */
function logsUnit({ agent, authorities, runnerUnit }: UnitFacts): string {
  return `[Unit]
Description=Delivers the host's logs to CloudWatch Logs
After=network-online.target
Wants=network-online.target
Before=${runnerUnit}
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${agent} logs
${authorities ? `Environment=NODE_EXTRA_CA_CERTS=${authorities}\n` : ""}Restart=on-failure
RestartSec=1
# Only the shipper itself: its last flush needs its reader, and journalctl.
KillMode=mixed
TimeoutStopSec=${FLUSH_GIVEN_UP_MS / 1000}
OOMScoreAdjust=-500
Nice=5
MemoryHigh=128M
StandardOutput=journal
StandardError=journal
SyslogIdentifier=runner-logs
NoNewPrivileges=yes
UMask=0022

[Install]
WantedBy=multi-user.target
`;
}
