import type { ActionsRunnerPoolArgs, DrainArgs, FunctionsArgs, InstanceRefreshArgs, SpotArgs, WarmPoolArgs } from "../components";
import type { Reader } from "./reader";

/** The pool's arguments, except those that the program sets itself. */
export type PoolConfig = Omit<ActionsRunnerPoolArgs, "subnetIds" | "vpcId" | "release">;

const COMPONENT = "ActionsRunnerPool";

/** Reads the pool's arguments, which are top-level keys. Undefined without `maxSize`, which means no pool. */
export function readActionsRunnerPool(read: Reader): PoolConfig | undefined {
  const maxSize = read.count("maxSize");
  if (maxSize === undefined) return undefined;
  const appId = read.text("githubAppId");
  return {
    github: {
      organization: read.text("githubOrganization"),
      repository: read.text("githubRepository"),
      // An App without its private key is rejected by the component.
      app: appId
        ? {
            id: appId,
            installationId: read.text("githubInstallationId"),
            privateKeySecretArn: read.text("githubPrivateKeySecretArn") ?? "",
          }
        : undefined,
      tokenSecretArn: read.text("githubTokenSecretArn"),
      secretKmsKeyArn: read.text("githubSecretKmsKeyArn"),
      apiUrl: read.text("githubApiUrl"),
      caCertificates: read.text("githubCaCertificates"),
    },
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
