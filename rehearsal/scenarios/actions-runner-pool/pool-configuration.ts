import { UsageError } from "../../../cli/options";
import { dockerMode } from "../../../components/shared/docker-mode";
import type { DockerMode } from "../../../components/shared/host-args/docker";
import type { VolumeArgs } from "../../../components/shared/host-args/volumes";
import { installedVersion } from "../../../components/shared/runner-archive";
import type { StackConfiguration } from "../../environment/stack-configuration";

/** What the rehearsal needs to know about a stack's pool before the engine runs: sizes, instance type and image. */
export interface PoolConfiguration {
  labels: string[];
  /** The release whose archive hosts download and verify; undefined if the runner is on the image. */
  runnerVersion?: string;
  minSize: number;
  maxSize: number;
  /** GiB; 0 if the stack does not set it. */
  rootVolumeSize: number;
  warmPoolState?: string;
  reuseOnScaleIn?: boolean;
  instanceType: string;
  /** SSM parameter of the organization's own image; absent for a public image. */
  imageParameter?: string;
  docker: DockerMode;
  /** Names of the packages that the stack installs. */
  packages: string[];
  /** Where the stack's volumes are mounted. */
  mountPoints: string[];
  /** Host of the stack's proxy. */
  proxyHost?: string;
  awsByProxy: boolean;
  /** PEM text; empty if the stack sets none. */
  caBundle: string;
  hostLogs: boolean;
}

/** @throws UsageError when the stack deploys no pool. */
export function poolConfiguration({ get }: StackConfiguration): PoolConfiguration {
  if (!get("maxSize")) throw new UsageError("the stack sets no maxSize, so it has no pool to rehearse; set maxSize");
  return {
    labels: get("labels") ?? [],
    runnerVersion: installedVersion({ onImage: get("runnerOnImage") === true, version: get("runnerVersion") || undefined }),
    minSize: get("minSize"),
    maxSize: get("maxSize"),
    rootVolumeSize: get("rootVolumeSize"),
    warmPoolState: get("warmPool")?.state,
    reuseOnScaleIn: get("warmPool")?.reuseOnScaleIn,
    instanceType: get("instanceType"),
    imageParameter: privateParameter(get("imageParameter")),
    docker: dockerMode({ docker: get("docker") || undefined, jobsMayUseDocker: get("jobsMayUseDocker") === true }),
    packages: (get("packages") ?? []).map((entry: string) => entry.split("=")[0]!),
    mountPoints: (get("volumes") ?? []).map(({ mountPoint }: VolumeArgs) => mountPoint),
    proxyHost: hostOf(get("httpsProxy") || get("httpProxy")),
    awsByProxy: get("awsByProxy") === true,
    caBundle: get("caBundle") ?? "",
    hostLogs: hasFields(get("hostLogs")),
  };
}

function hostOf(url: string | undefined): string | undefined {
  return url ? new URL(url).hostname : undefined;
}

/** In a stack's file an empty list or object means "not set". */
function hasFields(value: object | undefined): boolean {
  return value !== undefined && Object.keys(value).length > 0;
}

/** Parameters below `/aws/` are AWS's public ones, which the stand-in provides. */
function privateParameter(name: string | undefined): string | undefined {
  return name && !name.startsWith("/aws/") ? name : undefined;
}
