import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { UsageError } from "../rehearsal-options";

/** What the rehearsal must know of a stack before the engine does: whose runners, by which secret, how many. */
export interface StackFacts {
  region: string;
  /** `ORG` or `OWNER/REPO`. */
  scope: string;
  appId?: number;
  installationId?: number;
  /** ARN of the secret with the App's private key, or of the token. */
  githubSecretArn: string;
  /** Host of an Enterprise Server; absent for github.com. */
  githubHost?: string;
  labels: string[];
  runnerGroup?: string;
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

/**
 * Reads `Pulumi.<stack>.yaml` over the defaults in `Pulumi.yaml`, as the engine will.
 *
 * @throws UsageError when the stack has no configuration.
 */
export function stackFacts(projectDir: string, stack: string): StackFacts {
  if (!existsSync(join(projectDir, `Pulumi.${stack}.yaml`))) {
    const known = readdirSync(projectDir).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
    throw new UsageError(`--stack ${stack}: there is no Pulumi.${stack}.yaml; give one of ${known.join(", ")}`);
  }
  const project = load(readFileSync(join(projectDir, "Pulumi.yaml"), "utf8")) as Record<string, any>;
  const own = load(readFileSync(join(projectDir, `Pulumi.${stack}.yaml`), "utf8")) as Record<string, any>;
  const get = (key: string) => own.config?.[`${project.name}:${key}`] ?? project.config?.[key]?.default;
  const apiUrl = new URL(get("githubApiUrl"));
  return {
    region: own.config?.["aws:region"] ?? "us-east-1",
    scope: get("githubOrganization") || get("githubRepository"),
    appId: Number(get("githubAppId")) || undefined,
    installationId: Number(get("githubInstallationId")) || undefined,
    githubSecretArn: get("githubPrivateKeySecretArn") || get("githubTokenSecretArn"),
    githubHost: apiUrl.host === "api.github.com" ? undefined : apiUrl.host,
    labels: get("labels") ?? [],
    runnerGroup: get("runnerGroup") || undefined,
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
