import type { DockerArgs } from "./docker";
import type { LogArgs } from "./logs";
import type { ProxyArgs } from "./proxy";
import type { SetupArgs } from "./setup";
import type { VolumesArgs } from "./volumes";

/** Arguments of a component with hosts: what a team needs on each machine besides the runner. */
export interface HostArgs extends DockerArgs, SetupArgs, ProxyArgs, LogArgs, VolumesArgs {}
