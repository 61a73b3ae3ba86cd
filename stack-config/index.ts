import * as pulumi from "@pulumi/pulumi";
import { VERSION } from "../build/version";
import type { ActionsRunnerPoolArgs, DrainArgs, InstanceRefreshArgs, SpotArgs, WarmPoolArgs } from "../components";
import { FOLLOWS_MAIN, isRelease, releaseOf } from "../contract/shared/release";

/** What a stack configures: the pool's arguments, except that the subnets may be missing. */
export interface StackConfig {
  pool: Omit<ActionsRunnerPoolArgs, "subnetIds"> & { release: string };
  /** Undefined: the program makes a VPC. */
  subnetIds: string[] | undefined;
  vpcCidrBlock: string;
}

/** Address range of the program's own VPC; out of the way of the usual 10.0.0.0/16 and 172.31.0.0/16. */
const VPC_CIDR_BLOCK = "10.180.0.0/16";

/**
 * Reads the stack's configuration. `Pulumi.yaml` gives each key its type and its default; an empty text, list or
 * object stands for "not set" there, because a key without a default would be mandatory for every stack.
 */
export function readStackConfig(config = new pulumi.Config()): StackConfig {
  const text = (key: string) => config.get(key) || undefined;
  const list = (key: string) => nonEmpty(config.getObject<string[]>(key));
  const number = (key: string) => config.getNumber(key);
  const flag = (key: string) => config.getBoolean(key);
  const object = <T extends object>(key: string, fields: readonly (keyof T & string)[]) =>
    knownFields(key, config.getObject<T>(key), fields);
  const appId = text("githubAppId");
  return {
    pool: {
      release: checkedPin(text("release") ?? FOLLOWS_MAIN),
      github: {
        organization: text("githubOrganization"),
        repository: text("githubRepository"),
        // Without its key, the App is the component's to refuse.
        app: appId
          ? { id: appId, installationId: text("githubInstallationId"), privateKeySecretArn: text("githubPrivateKeySecretArn") ?? "" }
          : undefined,
        tokenSecretArn: text("githubTokenSecretArn"),
        secretKmsKeyArn: text("githubSecretKmsKeyArn"),
        apiUrl: text("githubApiUrl"),
      },
      runner: {
        onImage: flag("runnerOnImage"),
        version: text("runnerVersion"),
        sha256: text("runnerSha256"),
        archiveUrl: text("runnerArchiveUrl"),
        user: text("runnerUser"),
        jobStartedHook: text("jobStartedHook"),
        jobCompletedHook: text("jobCompletedHook"),
      },
      labels: list("labels"),
      runnerGroup: text("runnerGroup"),
      noDefaultLabels: flag("noDefaultLabels"),
      instanceType: config.require("instanceType"),
      imageId: text("imageId"),
      imageParameter: text("imageParameter"),
      rootVolumeSize: number("rootVolumeSize"),
      spot: object<SpotArgs>("spot", ["onDemandBase", "onDemandPercentage", "additionalInstanceTypes"]),
      maxInstanceLifetimeDays: number("maxInstanceLifetimeDays"),
      instanceRefresh: object<InstanceRefreshArgs>("instanceRefresh", [
        "protectedInstances",
        "minHealthyPercentage",
        "maxHealthyPercentage",
      ]),
      minSize: number("minSize"),
      maxSize: config.requireNumber("maxSize"),
      desiredCapacity: number("desiredCapacity") || undefined,
      warmPool: object<WarmPoolArgs>("warmPool", ["state", "minSize", "maxPreparedCapacity"]),
      drain: object<DrainArgs>("drain", ["maxDrain", "heartbeatTimeout", "heartbeatInterval", "retainOnAbandon"]),
      launchTimeout: number("launchTimeout"),
      securityGroupIds: list("securityGroupIds"),
      extraPolicyArns: list("extraPolicyArns"),
      permissionsBoundaryArn: text("permissionsBoundaryArn"),
      jobsMayUseInstanceRole: flag("jobsMayUseInstanceRole"),
      jobsMayUseDocker: flag("jobsMayUseDocker"),
      logRetentionDays: number("logRetentionDays"),
      alarmTopicArn: text("alarmTopicArn"),
      tags: config.getObject<Record<string, string>>("tags"),
    },
    subnetIds: list("subnetIds"),
    vpcCidrBlock: text("vpcCidrBlock") ?? VPC_CIDR_BLOCK,
  };
}

/**
 * A pinned stack gets the code of its pin and no other: whoever deploys it from another checkout would bring into prod
 * what its pin says is not there.
 */
function checkedPin(pin: string): string {
  if (!isRelease(pin)) {
    throw new pulumi.RunError(
      `ci-runners:release = "${pin}" is neither a release nor ${FOLLOWS_MAIN}; pin a tag like ${releaseOf(VERSION)}`,
    );
  }
  if (pin !== FOLLOWS_MAIN && pin !== releaseOf(VERSION)) {
    throw new pulumi.RunError(
      `ci-runners:release = "${pin}" but this code is ${releaseOf(VERSION)}; deploy it from its own tag: npm run deploy -- --stack ${pulumi.getStack()}`,
    );
  }
  return pin;
}

function nonEmpty<T>(list: T[] | undefined): T[] | undefined {
  return list && list.length > 0 ? list : undefined;
}

/** The schema in `Pulumi.yaml` cannot name an object's fields, so a slip like `maxDrian` would pass unnoticed. */
function knownFields<T extends object>(key: string, value: T | undefined, fields: readonly (keyof T & string)[]): T | undefined {
  if (!value || Object.keys(value).length === 0) return undefined;
  const unknown = Object.keys(value).find((field) => !(fields as readonly string[]).includes(field));
  if (unknown !== undefined) {
    throw new pulumi.RunError(`ci-runners:${key} has a field "${unknown}" that nobody reads; known are ${fields.join(", ")}`);
  }
  return value;
}
