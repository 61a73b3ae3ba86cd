import type * as pulumi from "@pulumi/pulumi";
import type { ActionsArgs } from "./actions";
import type { CacheArgs } from "./cache";
import type { PersistentRunnerFunctionsArgs } from "./functions";
import type { PersistentRunnerGithubArgs } from "./github";
import type { MachineArgs } from "./host";
import type { ControlMode, RegistrationMode } from "./modes";
import type { PersistentRunnerSoftwareArgs } from "./runner";
import type { TimeArgs } from "./times";
import type { WorkflowArgs } from "./workflow";

/**
 * Arguments of a persistent runner. Values that decide which resources exist, and every value that is validated against another, are
 * plain; values that are only passed through are inputs. Sizes are in GiB and times in seconds, unless the name says otherwise.
 */
export interface PersistentRunnerArgs extends MachineArgs, CacheArgs, TimeArgs {
  /**
   * Name in AWS: that of the machine, from which the names of table, functions, rules, queue and secret derive. Unique in an account and
   * Region. Limits: letters, digits, `-` and `_`, starting with a letter; at most 51 characters, because GitHub allows 64 for a
   * runner's name and what makes a start's label unique takes 13. Default: `<project>-<stack>-<resource name>`.
   */
  persistentRunnerName?: string;

  /** Value of the tag `ci-runners:release` on every resource: the tag of a release, or `main`. Default: `v<version of this package>`. */
  release?: string;

  /** Where the machine registers and with which credentials. */
  github: PersistentRunnerGithubArgs;

  /**
   * The workflows that may use the machine, each by the exact `sub` of its OIDC token: `repo:OWNER/REPO:ref:refs/heads/main`,
   * `repo:OWNER/REPO:environment:NAME`, `repo:OWNER/REPO:pull_request`. That of an environment is the subject of every branch which the
   * environment admits, so limit its deployment branches. Limits: 1 to 50, no wildcards; of `github.organization` or `github.repository`, in
   * the same case.
   */
  subjects: string[];

  /** ARN of the account's OIDC provider of GitHub. Excludes `createOidcProvider`. Default: none; one of both is required. */
  oidcProviderArn?: pulumi.Input<string>;

  /** Makes the account's OIDC provider of GitHub, of which an account has one. Limits: true excludes `oidcProviderArn`. Default: false. */
  createOidcProvider?: boolean;

  /** Where workflows get the actions that start and stop the machine. */
  actions: ActionsArgs;

  /** What the output `workflowYaml` says besides starting and stopping the machine. */
  workflow?: WorkflowArgs;

  /** Concurrency group of the rendered workflow, so that a repository's runs queue at GitHub and not at the machine. Default: `e2e-runner`. */
  concurrencyGroup?: string;

  /**
   * Makes a newer run cancel the older one. Otherwise GitHub lets one run wait, and cancels that when a newer one comes. Where pushes are more frequent than a run is long, no run would ever end. Default: true.
   */
  cancelInProgress?: boolean;

  /** How the machine registers at GitHub. Default: `jit`. */
  registration?: RegistrationMode;

  /**
   * Name of an existing runner group of the organization. It decides whose jobs may ask for the machine at all: a group of the
   * repositories in `subjects` keeps all others from it. Limits: only with `github.organization`. Default: the organization's default group.
   */
  runnerGroup?: string;

  /** Who starts and stops the machine. Limits: `direct` requires the registration `jit`, and excludes `fallbackInstanceTypes`. Default: `function`. */
  control?: ControlMode;

  /** The runner software that runs the jobs. Default: the release that this package pins. */
  runner?: PersistentRunnerSoftwareArgs;

  /**
   * EC2 instance type, e.g. `m7i.large`. It determines the architecture, which the machine keeps. A change takes effect at the next start;
   * with the control `direct` only by hand, while the machine is off.
   */
  instanceType: string;

  /**
   * Types to start the machine with if EC2 has no capacity for `instanceType`, in this order. Limits: at most 10, of the same
   * architecture. Default: none; the start then fails.
   */
  fallbackInstanceTypes?: string[];

  /**
   * Lets jobs run virtual machines of their own. A change replaces the instance, which `terminationProtection` refuses. Limits: true
   * requires C8i, M8i or R8i types. Default: false.
   */
  nestedVirtualization?: boolean;

  /**
   * ID of the AMI of the first launch; a later change does nothing, because the machine keeps its disk. Each deployment checks it all the
   * same, so keep it registered. Excludes `imageParameter`. Default: the AMI that `imageParameter` names.
   */
  imageId?: pulumi.Input<string>;

  /** SSM parameter that holds the ID of that AMI. Default: Canonical's Ubuntu 24.04 for the architecture. */
  imageParameter?: string;

  /**
   * Subnet of the machine, with a route to GitHub and AWS. A public one needs no NAT gateway. A change replaces the
   * instance, which `terminationProtection` refuses; one to another zone also makes a new, empty cache volume.
   */
  subnetId: pulumi.Input<string>;

  /** VPC of the security group. Limits: excludes `securityGroupIds`. Default: that of the subnet. */
  vpcId?: pulumi.Input<string>;

  /**
   * Security groups of the machine. Limits: at least one. Default: one that lets nothing in, and out HTTPS, the proxy and, with
   * `allowHttp`, HTTP.
   */
  securityGroupIds?: pulumi.Input<pulumi.Input<string>[]>;

  /** Lets the security group pass HTTP, by which Ubuntu's and Debian's images install packages. Limits: excludes `securityGroupIds`. Default: true. */
  allowHttp?: boolean;

  /** The network of the functions. */
  functions?: PersistentRunnerFunctionsArgs;

  /**
   * Makes a `pulumi up` that creates or changes the machine wait until it has prepared itself and is off again. It fails with the last
   * lines of the console. Default: true.
   */
  waitForProvisioning?: boolean;

  /**
   * Refuses to terminate or replace the instance, and to delete its lease and its cache volume: by Pulumi already in the preview, by EC2 for
   * everyone else. A change of `subnetId`, `nestedVirtualization` or `kmsKeyArn` replaces the instance, with its root disk; one of
   * `cacheVolume.kmsKeyArn`, or of the zone, the cache volume. For such a change, or to destroy the stack, first deploy with false, while no
   * run has the machine. Default: true.
   */
  terminationProtection?: boolean;

  /**
   * ARN of a customer managed KMS key in the same Region, for accounts where AWS's own keys do not suffice. It encrypts volumes, lease,
   * order, host bundle, logs and dead letters. Its key policy must admit EventBridge and CloudWatch Logs: see the guide for
   * organizations. A change replaces the instance, which `terminationProtection` refuses. Limits: the ARN of a key, not of an alias.
   * Default: AWS's own keys.
   */
  kmsKeyArn?: pulumi.Input<string>;

  /** Managed policies to attach to the machine's role. Jobs have these permissions only with `jobsMayUseInstanceRole`. Default: none. */
  extraPolicyArns?: pulumi.Input<string>[];

  /** Permissions boundary of every role. Default: none. */
  permissionsBoundaryArn?: pulumi.Input<string>;

  /** Lets jobs reach the instance metadata service, and with it the credentials of the machine's role. Default: false. */
  jobsMayUseInstanceRole?: boolean;

  /** Days for which the logs of runs stay on the machine's disk. Limits: 1 to 365. Default: 14. */
  runLogRetentionDays?: number;

  /** Days for which the functions' logs are kept. Limits: one of the retention periods of CloudWatch Logs. Default: 30. */
  logRetentionDays?: number;

  /** SNS topic that the alarms notify. Default: the alarms change state but notify no one. */
  alarmTopicArn?: pulumi.Input<string>;

  /**
   * Tags of every resource except the objects in the bucket, and of the volumes. Limits: with the provider's default tags and the
   * component's own 4 at most 50; keys of 1 to 127 and values of up to 256 letters, digits, spaces and `_.:/=+-@`; no two keys that differ
   * only in case, also from `Name`; no key that starts with `aws:` or `ci-runners:`. Default: only the component's own.
   */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}
