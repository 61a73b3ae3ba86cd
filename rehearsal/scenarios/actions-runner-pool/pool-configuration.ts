import { UsageError } from "../../../cli/options";
import { DockerMode } from "../../../components/shared/host-args/docker";
import { installedVersion } from "../../../components/actions-runner-pool/runner-archive";
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
  /** Jobs have an engine of their own. */
  rootlessDocker: boolean;
  /** The stack installs packages at the launch, or needs those by which volumes are formatted. */
  installsPackages: boolean;
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
    rootlessDocker: get("docker") === DockerMode.Rootless,
    installsPackages: [get("packages"), get("volumes")].some(hasFields) || (get("docker") || DockerMode.None) !== DockerMode.None,
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
