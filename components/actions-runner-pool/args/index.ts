import type * as pulumi from "@pulumi/pulumi";
import type { InstanceRefreshArgs, WarmPoolArgs } from "./capacity";
import type { DrainArgs } from "./drain";
import type { GithubArgs } from "./github";
import type { SpotArgs } from "./instances";
import type { RunnerArgs } from "./runner";

/**
 * Arguments of a pool. Values that decide which resources exist, and every value that is checked against another
 * one, are plain; values that are only passed through are inputs. Sizes are in GiB, times in seconds unless the
 * name says otherwise.
 */
export interface ActionsRunnerPoolArgs {
  /**
   * Name of the pool in AWS: the Auto Scaling group carries it, hooks, functions, rules and secrets derive from it.
   * Letters, digits, `-` and `_`, at most 52 characters, because EventBridge allows 64 and the longest suffix takes 12.
   * Unique in an account and Region. Default: `<project>-<stack>-<resource name>`.
   */
  poolName?: string;

  /**
   * What the tag `ci-runners:release` says on every resource, instance, volume and network interface: a tag of a
   * release such as `v1.2.3`, or `main`. Changing it makes a new launch template version, and the group then refreshes
   * its instances, each after its job. Default: `v<version of this package>`.
   */
  release?: string;

  /** Where the runners register and with whose authority. */
  github: GithubArgs;

  /** Which runner software runs the jobs. */
  runner: RunnerArgs;

  /** Labels that jobs select by `runs-on`, without spaces or commas, at most 100. Default: none but GitHub's own. */
  labels?: string[];

  /** Name of an existing runner group of the organization. Default: the organization's default group. */
  runnerGroup?: string;

  /**
   * Registers without GitHub's own labels (`self-hosted`, the operating system, the architecture), so that only jobs
   * that name one of `labels` land here. Needs at least one label. Default: false.
   */
  noDefaultLabels?: boolean;

  /** EC2 instance type, e.g. `m7i.large`. The architecture (x64 or arm64) follows from it. */
  instanceType: string;

  /** Image to launch. Excludes `imageParameter`. Default: what `imageParameter` names. */
  imageId?: pulumi.Input<string>;

  /**
   * Public or own SSM parameter that holds an image id, read at each deployment: a newer image makes a new launch
   * template version, and the group then refreshes its instances. A version can be pinned as `NAME:VERSION`.
   * Default: Canonical's Ubuntu 24.04 for the architecture.
   */
  imageParameter?: string;

  /** Size of the encrypted root volume in GiB, 8 to 16384. Hibernation needs room for the memory. Default: 30. */
  rootVolumeSize?: number;

  /** KMS key for the root volume. Default: the account's EBS key. */
  rootVolumeKmsKeyId?: pulumi.Input<string>;

  /** Share of Spot instances. Excludes `warmPool`. Default: on-demand only. */
  spot?: SpotArgs;

  /**
   * Days after which an instance is replaced, 1 to 365, or 0 for never (limits of EC2 Auto Scaling). It goes through
   * the drain like any other. Default: 30, because images and runners age.
   */
  maxInstanceLifetimeDays?: number;

  /** How instances are replaced when the launch template changes. */
  instanceRefresh?: InstanceRefreshArgs;

  /** Fewest instances in service. Default: 1. */
  minSize?: number;

  /** Most instances in service. */
  maxSize: number;

  /**
   * Instances at creation. From then on scaling owns the number and deployments leave it alone. Default: `minSize`.
   */
  desiredCapacity?: number;

  /** Prepared instances that wait outside the group. Excludes `spot`. Default: no warm pool. */
  warmPool?: WarmPoolArgs;

  /** How an instance that should go waits for its job. */
  drain?: DrainArgs;

  /**
   * Seconds that an instance has from launch until it is installed and registered, 30 to 7200 (limits of a lifecycle
   * hook); after that it is replaced. Default: 900.
   */
  launchTimeout?: number;

  /** Subnets of the runners, at least one. They need a way out to GitHub and to AWS. */
  subnetIds: pulumi.Input<pulumi.Input<string>[]>;

  /** VPC of the pool's own security group. Default: the VPC of the first subnet. */
  vpcId?: pulumi.Input<string>;

  /** Security groups to use, at least one. Default: an own one that lets traffic out and none in. */
  securityGroupIds?: pulumi.Input<pulumi.Input<string>[]>;

  /** Managed policies to attach to the instances' role. A job has their power only with `jobsMayUseInstanceRole`. */
  extraPolicyArns?: pulumi.Input<string>[];

  /** Permissions boundary of every role that the pool creates. Default: none. */
  permissionsBoundaryArn?: pulumi.Input<string>;

  /**
   * Lets jobs reach the instance metadata service and with it the credentials of the instances' role, which can
   * complete the lifecycle actions of every instance in the pool. Default: false.
   */
  jobsMayUseInstanceRole?: boolean;

  /** Adds the runner's user to the group `docker`, which is as good as root on the instance. Default: false. */
  jobsMayUseDocker?: boolean;

  /** Days for which the functions' logs are kept; one of the periods that CloudWatch Logs knows. Default: 30. */
  logRetentionDays?: number;

  /** SNS topic that the alarms notify. Default: the alarms change colour and tell nobody. */
  alarmTopicArn?: pulumi.Input<string>;

  /**
   * Tags of every resource, and of the instances, volumes and network interfaces, which a provider's default tags do
   * not reach. Keys may not start with `aws:` or `ci-runners:`.
   */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}
