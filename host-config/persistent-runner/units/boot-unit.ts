import { PERSISTENT_PATHS, PERSISTENT_UNITS } from "../../../contract/persistent-runner/host";
import { HOST_UNITS } from "../../../contract/shared/host-units";

/**
 * Fetches what the machine is started for. A boot that fails, or is killed, takes no job, so the machine goes off at once; the reason is on
 * the console. It has no timeout of its own: the failsafe bounds it.
 */
export function bootUnit(): string {
  return `[Unit]
Description=Fetches what this machine is started for, and prepares it
After=network-online.target ${HOST_UNITS.storage}
Wants=network-online.target
OnFailure=${PERSISTENT_UNITS.powerOff}

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/bash ${PERSISTENT_PATHS.boot}
TimeoutStartSec=infinity
OOMScoreAdjust=-900
StandardOutput=journal+console
StandardError=journal+console
SyslogIdentifier=ci-runners-boot
UMask=0022

[Install]
WantedBy=multi-user.target
`;
}
