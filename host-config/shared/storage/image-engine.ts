/** The image's own Docker, whose folder a volume is mounted over. */
import { engineRoot } from "../../../contract/shared/host-paths";
import type { HostSetup } from "../../../contract/shared/host-setup";
import { configuredDataRoot, DOCKER_CONFIG } from "../docker/data-root";
import { PrepareError } from "../prepare/prepare-error";
import type { Exec } from "../prepare/stage";
import { mountPointsOf, planOf } from "./plan";

/** The socket first: it would start the engine again. */
const UNITS = ["docker.socket", "docker.service", "containerd.service"];

/** Whether a volume, or the instance store, is where the system's engine keeps its data. */
export function isMoved(setup: HostSetup): boolean {
  const root = engineRoot(setup);
  return setup.docker === "root" && root !== undefined && mountPointsOf(planOf(setup)).includes(root);
}

/**
 * An image that keeps Docker's data elsewhere would leave the volume empty, and no one would notice. Before the engine is stopped; how else
 * an image can move the data only the engine knows, which the stage `docker` asks.
 */
export function checkEngineFolder(setup: HostSetup, config = DOCKER_CONFIG): void {
  if (!isMoved(setup)) return;
  const root = configuredDataRoot(config);
  if (root === undefined || root === engineRoot(setup)) return;
  throw new PrepareError(
    `storage: ${config} of the image has Docker's data in ${root}, so that the volume for it would stay empty: remove its data-root`,
  );
}

/** A unit that the image does not have makes systemctl fail, too; the mount would be refused nowhere, so nothing depends on it. */
export async function stopEngine(setup: HostSetup, exec: Exec): Promise<void> {
  if (!isMoved(setup)) return;
  for (const unit of UNITS) await exec("systemctl", ["stop", unit]);
}
