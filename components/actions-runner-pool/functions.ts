import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { artefacts } from "../shared/artefacts";
import { ENV, SECRET_TAGS_FILE } from "../../contract/actions-runner-pool/environment";
import { AUTHORITIES_FILE } from "../../contract/shared/github-environment";
import { certificatesOf } from "../shared/pem";
import type { AwsEnvironment } from "../shared/aws-environment";
import { githubVariables, powertools, withoutUndefined } from "../shared/function-variables";
import type { HostBundle } from "../shared/host-bundle";
import { type PackagedFunction, createPackagedFunction } from "../shared/packaged-function";
import type { PolicyDocument } from "../shared/policy";
import { type FunctionKey, functionSettings } from "./function-settings";
import { refreshPreferences } from "./instance-refresh";
import { type FunctionGrants, deregisterPolicy, registerPolicy, sweepPolicy } from "./policies/functions";
import type { FunctionNetwork } from "./network";
import { installedVersion } from "../shared/runner-archive";
import type { PoolSettings } from "./settings";

export type PoolFunctions = Record<FunctionKey, PackagedFunction>;

export interface FunctionParts {
  settings: PoolSettings;
  environment: pulumi.Output<AwsEnvironment>;
  deadLetters: aws.sqs.Queue;
  bundle: HostBundle;
  hostRole: aws.iam.Role;
  network: FunctionNetwork;
  artefacts: ReturnType<typeof artefacts>["functions"];
  tags: pulumi.Output<Record<string, string>>;
}

const POLICIES: Record<FunctionKey, (grants: FunctionGrants) => PolicyDocument> = {
  register: registerPolicy,
  deregister: deregisterPolicy,
  sweep: sweepPolicy,
};

/** The functions that create registration secrets. */
const CREATES_SECRETS: readonly FunctionKey[] = ["register", "sweep"];

/** Those that see the end of an instance. */
const COPIES_CONSOLES: readonly FunctionKey[] = ["deregister", "sweep"];

/** The three functions. Lambda retries failed invocations; those that still fail go to the dead-letter queue. */
export function createFunctions(name: string, parts: FunctionParts, opts: pulumi.CustomResourceOptions): PoolFunctions {
  const { settings, hostRole, artefacts, deadLetters, tags } = parts;
  const specific = functionSettings(settings);
  const create = (key: FunctionKey): PackagedFunction =>
    createPackagedFunction(
      `${name}-${key}`,
      {
        ...specific[key],
        dir: artefacts("actions-runner-pool", key).dir,
        files: tags.apply((all) => files(settings, key, all)),
        environment: variables(settings, hostRole, key),
        policy: grants(parts).apply(POLICIES[key]),
        deadLetterQueueArn: deadLetters.arn,
        logRetentionDays: settings.logRetentionDays,
        kmsKeyArn: settings.kmsKeyArn,
        vpc: parts.network,
        permissionsBoundaryArn: settings.permissionsBoundaryArn,
        tags,
      },
      opts,
    );
  return { register: create("register"), deregister: create("deregister"), sweep: create("sweep") };
}

/** In one order, so that a program that lists its tags in another one changes no function. */
function sorted(tags: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function files({ github }: PoolSettings, key: FunctionKey, tags: Record<string, string>): Record<string, string> {
  return {
    ...(CREATES_SECRETS.includes(key) ? { [SECRET_TAGS_FILE]: JSON.stringify(sorted(tags)) } : {}),
    ...(github.caCertificates === undefined ? {} : { [AUTHORITIES_FILE]: certificatesOf(github.caCertificates) }),
  };
}

function grants({ settings, environment, deadLetters, bundle, network }: FunctionParts): pulumi.Output<FunctionGrants> {
  const { github, names, poolName } = settings;
  return pulumi
    .all([
      environment,
      githubSecretArn(settings),
      pulumi.output(github.secretKmsKeyArn),
      pulumi.output(settings.kmsKeyArn),
      deadLetters.arn,
      bundle.bucket.arn,
    ])
    .apply(([awsEnvironment, githubSecret, secretKmsKeyArn, kmsKeyArn, deadLetterQueueArn, bundleBucketArn]) => ({
      environment: awsEnvironment,
      names,
      poolName,
      githubSecretArn: githubSecret,
      secretKmsKeyArn,
      kmsKeyArn,
      deadLetterQueueArn,
      bundleBucketArn,
      hostLogs: settings.hostLogs !== undefined,
      inVpc: network !== undefined,
    }));
}

/** Validation ensures that exactly one of the two is set. */
function githubSecretArn({ github }: PoolSettings): pulumi.Output<string> {
  return pulumi.output(github.app ? github.app.privateKeySecretArn : github.tokenSecretArn!);
}

function variables(settings: PoolSettings, hostRole: aws.iam.Role, key: FunctionKey): Record<string, pulumi.Input<string>> {
  return withoutUndefined({
    [ENV.pool]: settings.poolName,
    ...githubVariables(settings.github),
    [ENV.hostRoleId]: hostRole.uniqueId,
    [ENV.maxDrainSeconds]: String(settings.drain.maxDrain),
    [ENV.refreshPreferences]: key === "sweep" ? JSON.stringify(refreshPreferences(settings)) : undefined,
    [ENV.runnerVersion]: installedVersion(settings.runner),
    [ENV.secretKmsKeyArn]: CREATES_SECRETS.includes(key) ? settings.kmsKeyArn : undefined,
    [ENV.hostLogGroup]: settings.hostLogs && COPIES_CONSOLES.includes(key) ? settings.names.hostLogGroup : undefined,
    ...powertools(key),
  });
}
