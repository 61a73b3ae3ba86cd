import type { HostSetup } from "../../../contract/shared/host-setup";
import { dockerMode } from "../docker-mode";
import { DockerMode } from "../host-args/docker";
import type { HostSettings } from "../host-args/settings";

export function dockerSetup(settings: HostSettings): Pick<HostSetup, "docker"> {
  const docker = dockerMode(settings);
  return docker === DockerMode.None ? {} : { docker };
}
