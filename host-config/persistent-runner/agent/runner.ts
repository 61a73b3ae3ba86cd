/** Gives the runner what it registers by, and starts it. */
import { rmSync } from "node:fs";
import { type PersistentHostConfig, PERSISTENT_PATHS, PERSISTENT_UNITS } from "../../../contract/persistent-runner/host";
import { serviceRunner } from "../../../contract/persistent-runner/names";
import type { RunOrder } from "../../../contract/persistent-runner/order";
import { runConfigScript } from "../../shared/config-script";
import type { Exec } from "../../shared/prepare/stage";
import { writeAtomically } from "../../shared/write-file";
import type { BootHost } from "./ports/boot-host";

/** The unit's start, with what it is ordered after, has been prepared by the boot. */
const START_MS = 120_000;

export interface RunnerOptions {
  config: PersistentHostConfig;
  exec: Exec;
}

export function persistentRunner({ config, exec }: RunnerOptions): BootHost["runner"] {
  return {
    async configure(order) {
      writeAtomically({ path: PERSISTENT_PATHS.holder, mode: 0o644, content: `${order.holder}\n` });
      if (config.registration === "jit") return writeJobConfiguration(order);
      if (order.registrationToken === undefined) throw new Error("the order has no registration token");
      await runConfigScript(config, PERSISTENT_PATHS.runner, configArguments(config, order), order.registrationToken);
    },
    async start() {
      const { code, stderr } = await exec("systemctl", ["start", PERSISTENT_UNITS.runner], { timeoutMs: START_MS });
      if (code !== 0) throw new Error(`${PERSISTENT_UNITS.runner} did not start: ${stderr.trim().split("\n").at(-1)}`);
      // systemd has read it, and the runner has it.
      rmSync(PERSISTENT_PATHS.runnerEnvironment, { force: true });
    },
  };
}

/**
 * By a variable that the runner itself reads and clears, as its container images have it: any local user can read the arguments of a
 * process. systemd reads the file as root, and shows its content to no one.
 */
function writeJobConfiguration({ jitConfiguration }: RunOrder): void {
  if (jitConfiguration === undefined) throw new Error("the order has no configuration of a runner");
  const content = `ACTIONS_RUNNER_INPUT_JITCONFIG=${jitConfiguration}\n`;
  writeAtomically({ path: PERSISTENT_PATHS.runnerEnvironment, mode: 0o600, content });
}

/**
 * Registered anew at each start, for the runner is unpacked anew, too. Only this start's label leads to it: neither a job for any runner of the
 * organization, nor one that GitHub may still have assigned to an earlier start. Its name is the same, so that it replaces the earlier one.
 */
export function configArguments(config: PersistentHostConfig, { label }: Pick<RunOrder, "label">): string[] {
  const group = config.runnerGroup === undefined ? [] : ["--runnergroup", config.runnerGroup];
  const labels = ["--no-default-labels", "--labels", label];
  const name = serviceRunner(config.name);
  return ["--unattended", "--replace", "--url", config.githubUrl, "--name", name, "--work", "_work", ...labels, ...group];
}
