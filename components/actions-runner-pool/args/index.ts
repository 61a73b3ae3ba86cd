import type * as pulumi from "@pulumi/pulumi";
import type { HostArgs } from "../../shared/host-args";
import type { InstanceRefreshArgs, WarmPoolArgs } from "./capacity";
import type { DemandArgs } from "./demand";
import type { DrainArgs } from "./drain";
import type { FunctionsArgs } from "./functions";
import type { GithubArgs } from "./github";
import type { SpotArgs } from "./instances";
import type { RunnerArgs } from "./runner";

/**
 * Arguments of a pool. Values that decide which resources exist, and every value that is validated against another,
 * are plain; values that are only passed through are inputs. Sizes are in GiB and times in seconds, unless the name
 * says otherwise.
 */
export interface ActionsRunnerPoolArgs extends HostArgs {
  /**
   * Name of the pool in AWS: the name of the Auto Scaling group, from which the names of hooks, functions, rules and
   * secrets derive. Unique in an account and Region. Limits: letters, digits, `-` and `_`, starting with a letter but
   * not with `aws`, `amazon` or `amzn` (reserved by SSM); at most 52 characters, because EventBridge allows 64 and
   * the longest suffix takes 12. Default: `<project>-<stack>-<resource name>`.
   */
  poolName?: string;

  /**
   * Value of the tag `ci-runners:release` on every resource except the host bundle, and on every instance, volume and network
   * interface: the tag of a release, such as `v1.2.3`, or `main`. Changing it creates a new launch template version, and the
   * group then refreshes its instances, each after its job. Default: `v<version of this package>`.
   */
  release?: string;

  /** Where the runners register and with which credentials. */
  github: GithubArgs;

  /** The runner software that runs the jobs. Default: the release that this package pins. */
  runner?: RunnerArgs;

  /**
   * Labels that jobs select with `runs-on`. Limits: at most 100 (GitHub), each of 1 to 256 characters without spaces,
   * commas, quotes, dollar signs or backslashes. Default: only GitHub's own.
   */
  labels?: string[];

  /** Name of an existing runner group of the organization. Default: the organization's default group. */
  runnerGroup?: string;

  /**
   * Registers the runners without GitHub's own labels (`self-hosted`, the operating system, the architecture), so
   * that they receive only jobs that name one of `labels`. Limits: requires at least one label. Default: false.
   */
  noDefaultLabels?: boolean;

  /** EC2 instance type, e.g. `m7i.large`. It determines the architecture (x64 or arm64). */
  instanceType: string;

  /** ID of the AMI to launch. Excludes `imageParameter`. Default: the AMI that `imageParameter` names. */
  imageId?: pulumi.Input<string>;

  /**
   * Public or private SSM parameter that holds an AMI ID, read at each deployment: a newer AMI creates a new launch
   * template version, and the group then refreshes its instances. To pin a version of the parameter, write
   * `NAME:VERSION`. Default: Canonical's Ubuntu 24.04 for the architecture.
   */
  imageParameter?: string;

  /**
   * Size of the encrypted root volume in GiB. Limits: 8 to 16384, up to 65536 for `gp3` and `io2`; at least the image's size; hibernation
   * requires the size of the memory plus 10. Default: what the image needs, but at least 30; with hibernation the
   * image's size, but at least 10, in addition to the memory.
   */
  rootVolumeSize?: number;

  /**
   * ARN of a customer managed KMS key in the same Region, for accounts where AWS's own keys do not suffice. It encrypts the
   * registration tokens, the functions' logs, the dead letters, the host bundle and, unless they have keys of their own
   * (`rootVolumeKmsKeyId`, `volumes[].kmsKeyId`), the volumes. Its key policy must admit EventBridge, CloudWatch Logs and Auto Scaling's service-linked role: see the
   * guide for organizations. Limits: the ARN of a key, not of an alias. Default: AWS's own keys.
   */
  kmsKeyArn?: pulumi.Input<string>;

  /** KMS key for the root volume, and for each of `volumes` without one of its own. Default: the key of `kmsKeyArn`, or else the account's default EBS key. */
  rootVolumeKmsKeyId?: pulumi.Input<string>;

  /** Mix of Spot and On-Demand instances. Excludes `warmPool`. Default: On-Demand only. */
  spot?: SpotArgs;

  /**
   * Days after which an instance is replaced. The instance drains like any other. Limits: 1 to 365, or 0 for never
   * (EC2 Auto Scaling). Default: 30, because images and runners age.
   */
  maxInstanceLifetimeDays?: number;

  /** How instances are replaced when the launch template changes. */
  instanceRefresh?: InstanceRefreshArgs;

  /** Minimum number of instances in service. Limits: 0 to `maxSize`. Default: 1. */
  minSize?: number;

  /** Maximum number of instances in service. Limits: 0 to 10000, with `demand` to 3000. */
  maxSize: number;

  /**
   * Desired capacity when the group is created. From then on scaling owns it and deployments do not change it.
   * Limits: `minSize` to `maxSize`. Default: `minSize`.
   */
  desiredCapacity?: number;

  /** Prepared instances that wait outside the group. Excludes `spot`. Default: no warm pool. */
  warmPool?: WarmPoolArgs;

  /**
   * Makes the pool follow its queue. Set `minSize` to 0 for a pool that runs nothing while no job waits. Requires a GitHub App, unless a
   * `source` is given. Default: scaling is up to you.
   */
  demand?: DemandArgs;

  /** How a terminating instance waits for its job. */
  drain?: DrainArgs;

  /**
   * Seconds within which an instance must be installed and registered after its launch; otherwise it is replaced.
   * Limits: 30 to 7200 (lifecycle hook). Default: 900.
   */
  launchTimeout?: number;

  /**
   * Makes the `pulumi up` that creates the pool wait until its first instances are in service: `minSize` of them, and one if
   * that is 0 and the desired capacity is not. It fails, with the last reason, after `launchTimeout` and 5 minutes; the
   * pool then exists all the same. No later `up` waits. Default: true.
   */
  waitForReadiness?: boolean;

  /** Subnets of the runners. They need outbound access to GitHub and to AWS. Limits: at least one. */
  subnetIds: pulumi.Input<pulumi.Input<string>[]>;

  /** VPC of the security group that the pool creates. Default: the VPC of the first subnet. */
  vpcId?: pulumi.Input<string>;

  /**
   * Security groups of the instances. Limits: at least one. Default: one that the pool creates, which allows all
   * outbound and no inbound traffic.
   */
  securityGroupIds?: pulumi.Input<pulumi.Input<string>[]>;

  /** The network of the functions. */
  functions?: FunctionsArgs;

  /**
   * Managed policies to attach to the instances' role. Jobs have these permissions only with `jobsMayUseInstanceRole`.
   * Default: none.
   */
  extraPolicyArns?: pulumi.Input<string>[];

  /** Permissions boundary of every role that the pool creates. Default: none. */
  permissionsBoundaryArn?: pulumi.Input<string>;

  /**
   * Lets jobs reach the instance metadata service, and with it the credentials of the instances' role, which can
   * complete the lifecycle actions of every instance in the pool. Default: false.
   */
  jobsMayUseInstanceRole?: boolean;

  /**
   * Accepts a `runner.user` that can become root: with a password-less `sudo`, by write access to the socket of a
   * container engine, or as a member of a group such as `sudo`, `wheel`, `lxd`, `disk` or `staff`. Otherwise an instance
   * with such a user abandons its launch. Every job is then root on its instance, and `jobsMayUseInstanceRole` no longer
   * restricts it. Default: false.
   */
  jobsMayBecomeRoot?: boolean;

  /**
   * Days for which the functions' logs are kept. Limits: one of the retention periods of CloudWatch Logs. Default:
   * 30.
   */
  logRetentionDays?: number;

  /** SNS topic that the alarms notify. Default: the alarms change state but notify no one. */
  alarmTopicArn?: pulumi.Input<string>;

  /**
   * Tags of every resource except the host bundle, and of the instances, volumes and network interfaces, which a
   * provider's default tags do not reach. Limits: with the provider's default tags and the pool's own 4 at most 50; keys
   * of 1 to 127 and values of up to 256 letters, digits, spaces and `_.:/=+-@`; no two keys that differ only in case,
   * also from `Name`; no key that starts with `aws:` or `ci-runners:`. Default: only the pool's own.
   */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}
