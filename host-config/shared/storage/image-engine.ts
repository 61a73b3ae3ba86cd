/** The image's own Docker, whose folder a volume is mounted over. */
import { existsSync, readFileSync } from "node:fs";
import { engineRoot } from "../../../contract/shared/host-paths";
import type { HostSetup } from "../../../contract/shared/host-setup";
import { PrepareError } from "../prepare/prepare-error";
import type { Exec } from "../prepare/stage";
import { mountPointsOf, planOf } from "./plan";

const CONFIG = "/etc/docker/daemon.json";
/** The socket first: it would start the engine again. */
const UNITS = ["docker.socket", "docker.service", "containerd.service"];

function isMoved(setup: HostSetup): boolean {
  const root = engineRoot(setup);
  return setup.docker === "root" && root !== undefined && mountPointsOf(planOf(setup)).includes(root);
}

/** An image that keeps Docker's data elsewhere would leave the volume empty, and no one would notice. */
export function checkEngineFolder(setup: HostSetup, config = CONFIG): void {
  if (!isMoved(setup) || !existsSync(config)) return;
  const root = dataRoot(config);
  if (root === undefined || root === engineRoot(setup)) return;
  throw new PrepareError(
    `storage: ${config} of the image has Docker's data in ${root}, so that the volume for it would stay empty: remove its data-root`,
  );
}

/** One that cannot be parsed keeps Docker from starting, which the stage `docker` reports. */
function dataRoot(config: string): string | undefined {
  try {
    const root = (JSON.parse(readFileSync(config, "utf8")) as Record<string, unknown> | null)?.["data-root"];
    return typeof root === "string" ? root : undefined;
  } catch {
    return undefined;
  }
}

/** A unit that the image does not have makes systemctl fail, too; the mount would be refused nowhere, so nothing depends on it. */
export async function stopEngine(setup: HostSetup, exec: Exec): Promise<void> {
  if (!isMoved(setup)) return;
  for (const unit of UNITS) await exec("systemctl", ["stop", unit]);
}
