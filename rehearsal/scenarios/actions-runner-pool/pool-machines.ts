import { DockerMode } from "../../../components/shared/host-args/docker";
import type { MachineSystems } from "../../environment/preparation";
import { TEAM_ARCHIVE, TEAM_IMAGE } from "../../hosts/image-recipe";
import type { PoolConfiguration } from "./pool-configuration";

/** The machines that a stack's options need; undefined for the usual ones. */
export function poolMachines({ docker, packages, mountPoints }: PoolConfiguration): MachineSystems | undefined {
  const containers = docker !== DockerMode.None;
  if (!containers && packages.length === 0 && mountPoints.length === 0) return undefined;
  return {
    ...TEAM_IMAGE,
    // In the same order for each stack that asks for nothing more: one image for all of them.
    archive: [...new Set([...TEAM_ARCHIVE, ...packages])],
    features: containers ? { containers, engineFolder: !mountPoints.includes("docker") } : {},
  };
}
