/** Registers the runner of this instance by config.sh. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { PATHS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import { workFolder } from "../../../contract/shared/host-paths";
import { inOwnUnit, runConfigScript } from "../../shared/config-script";
import { coverOf } from "../../shared/mounts";
import type { Imds } from "../../shared/ports/imds";
import type { Registrar } from "./ports/registrar";

/** @param isolated overridden by tests on machines without systemd */
export function registrar(config: HostConfig, imds: Imds, folder: string = PATHS.runner, isolated = inOwnUnit, proc = "/proc"): Registrar {
  return {
    async registered() {
      const path = join(folder, ".runner");
      // A file system of the job's user need not answer, and a termination must not wait for it.
      return coverOf([folder, path], proc) === undefined && existsSync(path);
    },
    async register(token) {
      await runConfigScript(config, folder, configArguments(config, await imds.instanceId()), token, isolated);
    },
  };
}

/**
 * Automatic updates stay on. With --disableupdate GitHub stops assigning jobs to a runner 30 days after a newer release,
 * and the pool would silently lose its runners. An update waits for the running job, and the drain handles the relaunch.
 */
export function configArguments(config: HostConfig, name: string): string[] {
  const args = ["--unattended", "--replace", "--url", config.githubUrl, "--name", name, "--work", workFolder(config) ?? "_work"];
  if (config.labels.length > 0) args.push("--labels", config.labels.join(","));
  if (config.noDefaultLabels && config.labels.length > 0) args.push("--no-default-labels");
  if (config.runnerGroup) args.push("--runnergroup", config.runnerGroup);
  return args;
}
