import { type PersistentHostConfig, PERSISTENT_PATHS } from "../../../contract/persistent-runner/host";
import { METADATA_ADDRESSES } from "../../shared/metadata-addresses";
import type { UnitFacts } from "../../shared/rendered-file";
import { environmentLines } from "../../shared/unit-extras";
import { jobEnvironment } from "../agent/setup";
import { unitExtras } from "./unit-extras";

/** Seconds for the listener to end and report its job as cancelled; it gives itself 30. */
const STOP_SECONDS = 45;

/**
 * The official runner. Not enabled: the boot starts it, once the lease says that this start is still wanted.
 *
 * - KillSignal=SIGINT: the listener cancels its job and reports that, its worker ignores the signal. With SIGTERM both would end on their
 *   own, and the job would hang at GitHub for ten minutes. With registration `jit` only a forced stop or the session's limit comes to that.
 * - OOMPolicy=continue: by default systemd stops a service as soon as the kernel's OOM killer kills any of its processes, which may be a
 *   single step of a job.
 * - Restart=always only where the runner takes several jobs; a runner with a configuration for one job cannot start again.
 * - EnvironmentFile=-: systemd reads it for each command, also for the one after the runner's end, when it has long been removed.
 * - No WorkingDirectory=: systemd would change to it for root's commands, too, and the folder is the job user's.
 */
export function runnerUnit(config: PersistentHostConfig, { agent, metadataDenied }: Pick<UnitFacts, "agent" | "metadataDenied">): string {
  const extras = unitExtras(config);
  const several = config.registration === "service";
  const names = (units: readonly string[]) => units.map((unit) => ` ${unit}`).join("");
  return `[Unit]
Description=GitHub Actions runner (${config.name.replaceAll("%", "%%")})
After=network-online.target docker.service containerd.service${names(extras.after)}
Wants=network-online.target${names(extras.wants)}
${extras.requires.length === 0 ? "" : `Requires=${extras.requires.join(" ")}\n`}StartLimitIntervalSec=0

[Service]
Type=exec
User=${config.runnerUser}
Environment=LANG=C.UTF-8
Environment=ACTIONS_RUNNER_HOOK_JOB_STARTED=${PERSISTENT_PATHS.jobStartedHook}
Environment=ACTIONS_RUNNER_HOOK_JOB_COMPLETED=${PERSISTENT_PATHS.jobCompletedHook}
${environmentLines({ ...extras.environment, ...jobEnvironment(config) })}${
  config.authorities === undefined ? "" : `Environment=NODE_EXTRA_CA_CERTS=${PERSISTENT_PATHS.authorities}\n`
}${several ? "" : `EnvironmentFile=-${PERSISTENT_PATHS.runnerEnvironment}\n`}ExecStart=/usr/bin/env --chdir=${PERSISTENT_PATHS.runner} ${PERSISTENT_PATHS.runner}/run.sh
${several ? `ExecStop=-+${agent} drain\n` : ""}ExecStopPost=-+${agent} ended
KillMode=control-group
KillSignal=SIGINT
OOMPolicy=continue
TasksMax=infinity
TimeoutStartSec=infinity
TimeoutStopSec=${several ? config.maxSession : STOP_SECONDS}
Restart=${several ? "always" : "no"}
RestartSec=10
StandardOutput=journal
StandardError=journal
SyslogIdentifier=actions-runner
UMask=0022
${metadataDenied ? `IPAddressDeny=${METADATA_ADDRESSES.join(" ")}\n` : ""}`;
}
