import { DockerMode } from "./host-args/docker";
import type { HostSettings } from "./host-args/settings";

/** The only reader of `docker` and of the argument that it replaces. */
export function dockerMode({ docker, jobsMayUseDocker }: Pick<HostSettings, "docker" | "jobsMayUseDocker">): DockerMode {
  return docker ?? (jobsMayUseDocker ? DockerMode.Root : DockerMode.None);
}
