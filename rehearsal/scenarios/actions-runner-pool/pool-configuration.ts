import { UsageError } from "../../../cli/options";
import type { StackConfiguration } from "../../environment/stack-configuration";

/** What the rehearsal must know of a stack's pool before the engine does: how many, of which type, from which image. */
export interface PoolConfiguration {
  labels: string[];
  /** The archive is downloaded and checked; else the runner is on the image. */
  downloadsRunner: boolean;
  minSize: number;
  maxSize: number;
  rootVolumeSize: number;
  warmPoolState?: string;
  instanceType: string;
  /** SSM parameter with an image of the organization's own; absent for a public one. */
  imageParameter?: string;
}

/** @throws UsageError when the stack deploys no pool. */
export function poolConfiguration({ get }: StackConfiguration): PoolConfiguration {
  if (!get("maxSize")) throw new UsageError("the stack sets no maxSize, so it has no pool that could be rehearsed");
  return {
    labels: get("labels") ?? [],
    downloadsRunner: get("runnerOnImage") !== true,
    minSize: get("minSize"),
    maxSize: get("maxSize"),
    rootVolumeSize: get("rootVolumeSize"),
    warmPoolState: get("warmPool")?.state,
    instanceType: get("instanceType"),
    imageParameter: ownParameter(get("imageParameter")),
  };
}

/** Parameters below `/aws/` are AWS's, which the stand-in knows by itself. */
function ownParameter(name: string | undefined): string | undefined {
  return name && !name.startsWith("/aws/") ? name : undefined;
}
