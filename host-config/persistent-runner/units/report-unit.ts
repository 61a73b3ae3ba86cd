/** Seconds for its two calls. The end of the runner waits for it, and has the machine's power-off to request in its own time. */
export const REPORT_SECONDS = 8;

/**
 * Reports a job of another run. A unit of its own, because the runner's is denied the metadata service with all that belongs to it, also the
 * command after its end, and a call to AWS needs credentials from there.
 */
export function reportUnit(agent: string): string {
  return `[Unit]
Description=Reports a job of another run
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=${agent} report
TimeoutStartSec=${REPORT_SECONDS}
StandardOutput=journal
StandardError=journal
SyslogIdentifier=ci-runners-report
`;
}
