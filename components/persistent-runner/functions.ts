import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { ORDER_SECRET_TAGS_FILE, PERSISTENT_ENV as ENV, type PersistentTimeouts } from "../../contract/persistent-runner/environment";
import type { PinnedObject } from "../../contract/persistent-runner/order";
import { AUTHORITIES_FILE } from "../../contract/shared/github-environment";
import { setupKey } from "../../contract/shared/host-bundle";
import type { artefacts } from "../shared/artefacts";
import { githubVariables, powertools, withoutUndefined } from "../shared/function-variables";
import { nonEmpty } from "../shared/given-ids";
import { type PackagedFunction, type PackagedFunctionParts, createPackagedFunction } from "../shared/packaged-function";
import { certificatesOf } from "../shared/pem";
import type { PolicyDocument } from "../shared/policy";
import { type FunctionKey, functionSettings } from "./function-settings";
import { type FunctionGrants, controlPolicy, reapPolicy } from "./policies/functions";
import type { MachineGrants } from "./policies/power";
import type { PersistentRunnerSettings } from "./settings";

export type PersistentRunnerFunctions = Record<FunctionKey, PackagedFunction>;

export interface FunctionParts {
  settings: PersistentRunnerSettings;
  /** The machine that the functions may start and stop. */
  machine: pulumi.Output<MachineGrants>;
  hostRole: aws.iam.Role;
  bundle: pulumi.Output<PinnedObject>;
  configuration: pulumi.Output<PinnedObject>;
  /** ARN of the bucket that holds both. */
  bucketArn: pulumi.Output<string>;
  deadLetters: aws.sqs.Queue;
  artefacts: ReturnType<typeof artefacts>["functions"];
  tags: pulumi.Output<Record<string, string>>;
}

const POLICIES: Record<FunctionKey, (grants: FunctionGrants) => PolicyDocument> = { control: controlPolicy, reap: reapPolicy };

export function createFunctions(name: string, parts: FunctionParts, opts: pulumi.CustomResourceOptions): PersistentRunnerFunctions {
  const { settings, artefacts, deadLetters, tags } = parts;
  const create = (key: FunctionKey): PackagedFunction =>
    createPackagedFunction(
      `${name}-${key}`,
      {
        ...functionSettings(settings)[key],
        dir: artefacts("persistent-runner", key).dir,
        files: tags.apply((all) => files(settings, key, all)),
        environment: variables(parts, key),
        policy: grants(parts).apply(POLICIES[key]),
        deadLetterQueueArn: deadLetters.arn,
        logRetentionDays: settings.logRetentionDays,
        kmsKeyArn: settings.kmsKeyArn,
        vpc: network(settings),
        permissionsBoundaryArn: settings.permissionsBoundaryArn,
        tags,
      },
      opts,
    );
  return { control: create("control"), reap: create("reap") };
}

/** In one order, so that a program that lists its tags in another one changes no function. */
function sorted(tags: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function files({ github }: PersistentRunnerSettings, key: FunctionKey, tags: Record<string, string>): Record<string, string> {
  return {
    ...(key === "control" ? { [ORDER_SECRET_TAGS_FILE]: JSON.stringify(sorted(tags)) } : {}),
    ...(github.caCertificates === undefined ? {} : { [AUTHORITIES_FILE]: certificatesOf(github.caCertificates) }),
  };
}

function variables(parts: FunctionParts, key: FunctionKey): Record<string, pulumi.Input<string>> {
  const { settings, machine, hostRole, bundle, configuration } = parts;
  const { bootTimeout, firstBootTimeout, idleStopTimeout, maxSession } = settings;
  const timeouts: PersistentTimeouts = { bootTimeout, firstBootTimeout, idleStopTimeout, maxSession };
  const json = (pinned: pulumi.Output<PinnedObject>) => pinned.apply((object) => JSON.stringify(object));
  return withoutUndefined({
    [ENV.name]: settings.persistentRunnerName,
    ...githubVariables(settings.github),
    [ENV.instanceId]: machine.apply(({ instanceId }) => instanceId),
    [ENV.timeouts]: JSON.stringify(timeouts),
    [ENV.registration]: settings.registration,
    ...(key === "control"
      ? {
          [ENV.hostRoleId]: hostRole.uniqueId,
          [ENV.subjects]: JSON.stringify(settings.subjects),
          [ENV.runnerGroup]: settings.runnerGroup,
          [ENV.instanceTypes]: JSON.stringify([settings.instanceType, ...settings.fallbackInstanceTypes]),
          [ENV.bundle]: json(bundle),
          [ENV.configuration]: json(configuration),
          [ENV.setupKey]: settings.script && setupKey(settings.script.sha256),
          [ENV.secretKmsKeyArn]: settings.kmsKeyArn,
        }
      : {}),
    ...powertools(key),
  });
}

function network({ functions }: PersistentRunnerSettings): PackagedFunctionParts["vpc"] {
  if (functions?.subnetIds === undefined || functions.securityGroupIds === undefined) return undefined;
  return {
    subnetIds: nonEmpty("functions.subnetIds", functions.subnetIds),
    securityGroupIds: nonEmpty("functions.securityGroupIds", functions.securityGroupIds),
  };
}

function grants({ settings, machine, deadLetters, bucketArn }: FunctionParts): pulumi.Output<FunctionGrants> {
  const { github, functions } = settings;
  // Validation ensures that exactly one of the two is set.
  const secret = pulumi.output(github.app ? github.app.privateKeySecretArn : github.tokenSecretArn!);
  return pulumi
    .all([machine, secret, pulumi.output(github.secretKmsKeyArn), deadLetters.arn, bucketArn])
    .apply(([ofMachine, githubSecretArn, secretKmsKeyArn, deadLetterQueueArn, bundleBucketArn]) => ({
      ...ofMachine,
      bundleBucketArn,
      githubSecretArn,
      secretKmsKeyArn,
      deadLetterQueueArn,
      inVpc: functions?.subnetIds !== undefined,
    }));
}
