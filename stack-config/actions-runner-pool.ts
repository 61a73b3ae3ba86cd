import type {
  ActionsRunnerPoolArgs,
  DemandArgs,
  DrainArgs,
  FunctionsArgs,
  InstanceRefreshArgs,
  SpotArgs,
  WarmPoolArgs,
} from "../components";
import { readGithub } from "./github";
import type { Reader } from "./reader";

/** The pool's arguments, except those that the program sets itself. */
export type PoolConfig = Omit<ActionsRunnerPoolArgs, "subnetIds" | "vpcId" | "release">;

const COMPONENT = "ActionsRunnerPool";

/** Reads the pool's arguments, which are top-level keys. Undefined without `maxSize`, which means no pool. */
export function readActionsRunnerPool(read: Reader): PoolConfig | undefined {
  const maxSize = read.count("maxSize");
  if (maxSize === undefined) return undefined;
  return {
    github: readGithub(read),
    runner: {
      onImage: read.flag("runnerOnImage"),
      version: read.text("runnerVersion"),
      sha256: read.text("runnerSha256"),
      archiveUrl: read.text("runnerArchiveUrl"),
      user: read.text("runnerUser"),
      jobStartedHook: read.text("jobStartedHook"),
      jobCompletedHook: read.text("jobCompletedHook"),
    },
    labels: read.list("labels"),
    runnerGroup: read.text("runnerGroup"),
    noDefaultLabels: read.flag("noDefaultLabels"),
    instanceType: read.required("instanceType"),
    imageId: read.text("imageId"),
    imageParameter: read.text("imageParameter"),
    rootVolumeSize: read.count("rootVolumeSize"),
    rootVolumeKmsKeyId: read.text("rootVolumeKmsKeyId"),
    kmsKeyArn: read.text("kmsKeyArn"),
    spot: read.object<SpotArgs>(COMPONENT, "spot"),
    maxInstanceLifetimeDays: read.number("maxInstanceLifetimeDays"),
    instanceRefresh: read.object<InstanceRefreshArgs>(COMPONENT, "instanceRefresh"),
    minSize: read.number("minSize"),
    maxSize,
    desiredCapacity: read.count("desiredCapacity"),
    warmPool: read.object<WarmPoolArgs>(COMPONENT, "warmPool"),
    demand: read.object<DemandArgs>(COMPONENT, "demand"),
    drain: read.object<DrainArgs>(COMPONENT, "drain"),
    launchTimeout: read.number("launchTimeout"),
    waitForReadiness: read.flag("waitForReadiness"),
    securityGroupIds: read.list("securityGroupIds"),
    functions: read.object<FunctionsArgs>(COMPONENT, "functions"),
    extraPolicyArns: read.list("extraPolicyArns"),
    permissionsBoundaryArn: read.text("permissionsBoundaryArn"),
    jobsMayUseInstanceRole: read.flag("jobsMayUseInstanceRole"),
    jobsMayUseDocker: read.flag("jobsMayUseDocker"),
    jobsMayBecomeRoot: read.flag("jobsMayBecomeRoot"),
    logRetentionDays: read.number("logRetentionDays"),
    alarmTopicArn: read.text("alarmTopicArn"),
    tags: read.record("tags"),
  };
}
