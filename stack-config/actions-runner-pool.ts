import type {
  ActionsRunnerPoolArgs,
  DemandArgs,
  DiskFloorArgs,
  DockerMode,
  DrainArgs,
  FunctionsArgs,
  HostLogsArgs,
  InstanceRefreshArgs,
  SpotArgs,
  VolumeArgs,
  VolumeType,
  WarmPoolArgs,
} from "../components";
import type { HostArgs } from "../components/shared/host-args";
import { readGithub } from "./github";
import type { Reader } from "./reader";

/** The pool's arguments, except those that the program sets itself. */
export type PoolConfig = Omit<ActionsRunnerPoolArgs, "subnetIds" | "vpcId" | "release">;

const COMPONENT = "ActionsRunnerPool";

/** What a team needs on each machine besides the runner. The component checks choices. */
function readHost(read: Reader): HostArgs {
  return {
    docker: read.text("docker") as DockerMode | undefined,
    // The default of the key is no choice, or a stack with docker would be refused.
    jobsMayUseDocker: read.flag("jobsMayUseDocker") || undefined,
    setupScript: read.text("setupScript"),
    packages: read.list("packages"),
    setupTimeout: read.count("setupTimeout"),
    jobEnvironment: read.record("jobEnvironment"),
    httpProxy: read.text("httpProxy"),
    httpsProxy: read.text("httpsProxy"),
    noProxy: read.list("noProxy"),
    awsByProxy: read.flag("awsByProxy"),
    caBundle: read.text("caBundle"),
    hostLogs: read.object<HostLogsArgs>(COMPONENT, "hostLogs"),
    rootVolumeType: read.text("rootVolumeType") as VolumeType | undefined,
    rootVolumeIops: read.count("rootVolumeIops"),
    rootVolumeThroughput: read.count("rootVolumeThroughput"),
    volumes: read.objects<VolumeArgs>(COMPONENT, "volumes"),
    useInstanceStore: read.flag("useInstanceStore"),
    diskFloor: read.object<DiskFloorArgs>(COMPONENT, "diskFloor"),
  };
}

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
    jobsMayBecomeRoot: read.flag("jobsMayBecomeRoot"),
    logRetentionDays: read.number("logRetentionDays"),
    alarmTopicArn: read.text("alarmTopicArn"),
    tags: read.record("tags"),
    ...readHost(read),
  };
}
