import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { artefacts } from "../../build/artefacts";
import { ENV } from "../../contract/actions-runner-pool/environment";
import { TIMING, launchEventAge } from "../../contract/actions-runner-pool/timing";
import { METRIC_NAMESPACE } from "../../contract/shared/metrics";
import { type PackagedFunction, createPackagedFunction } from "../shared/packaged-function";
import type { Place, PolicyDocument } from "../shared/policy";
import { type FunctionGrants, deregisterPolicy, registerPolicy, sweepPolicy } from "./policies/functions";
import type { PoolSettings } from "./settings";

export interface PoolFunctions {
  register: PackagedFunction;
  deregister: PackagedFunction;
  sweep: PackagedFunction;
}

export interface FunctionParts {
  place: pulumi.Output<Place>;
  deadLetters: aws.sqs.Queue;
  hostRole: aws.iam.Role;
  artefacts: ReturnType<typeof artefacts>["functions"];
  tags: pulumi.Output<Record<string, string>>;
}

/** The three functions. Their retries are Lambda's own, and what still fails goes to the dead letters. */
export function createFunctions(name: string, settings: PoolSettings, parts: FunctionParts, parent: pulumi.Resource): PoolFunctions {
  const { names } = settings;
  const create = (key: keyof PoolFunctions, specific: Specific): PackagedFunction =>
    createPackagedFunction(
      `${name}-${key}`,
      {
        functionName: specific.functionName,
        description: `${settings.poolName}: ${specific.description}`,
        dir: parts.artefacts("actions-runner-pool", key).dir,
        memorySize: specific.memorySize,
        timeout: specific.timeout,
        environment: environment(settings, parts.hostRole, key),
        policy: grants(settings, parts).apply(specific.policy),
        retries: specific.retries,
        maximumEventAge: specific.maximumEventAge,
        deadLetterQueueArn: parts.deadLetters.arn,
        logRetentionDays: settings.logRetentionDays,
        permissionsBoundaryArn: settings.permissionsBoundaryArn,
        tags: parts.tags,
      },
      parent,
    );

  return {
    register: create("register", {
      functionName: names.registerFunction,
      description: "gives an instance on its way into service a registration token",
      policy: registerPolicy,
      memorySize: 256,
      timeout: TIMING.eventFunctionTimeout,
      retries: 2,
      maximumEventAge: launchEventAge(settings.launchTimeout),
    }),
    deregister: create("deregister", {
      functionName: names.deregisterFunction,
      description: "hurries a drain, and cleans up after an instance that is gone",
      policy: deregisterPolicy,
      memorySize: 256,
      timeout: TIMING.eventFunctionTimeout,
      retries: 2,
      maximumEventAge: TIMING.invokeEventAge,
    }),
    sweep: create("sweep", {
      functionName: names.sweepFunction,
      description: "finds what events have missed",
      policy: sweepPolicy,
      memorySize: 512,
      timeout: TIMING.sweepTimeout,
      // The next sweep is the retry.
      retries: 0,
      maximumEventAge: TIMING.sweepInterval,
    }),
  };
}

interface Specific {
  functionName: string;
  description: string;
  policy(grants: FunctionGrants): PolicyDocument;
  memorySize: number;
  timeout: number;
  retries: number;
  maximumEventAge: number;
}

function grants(settings: PoolSettings, { place, deadLetters }: FunctionParts): pulumi.Output<FunctionGrants> {
  const { github, names, poolName } = settings;
  return pulumi
    .all([place, githubSecretArn(settings), pulumi.output(github.secretKmsKeyArn), deadLetters.arn])
    .apply(([where, githubSecret, secretKmsKeyArn, deadLetterQueueArn]) => ({
      place: where,
      names,
      poolName,
      githubSecretArn: githubSecret,
      secretKmsKeyArn,
      deadLetterQueueArn,
    }));
}

/** Validation has seen to it that exactly one of the two is set. */
function githubSecretArn({ github }: PoolSettings): pulumi.Output<string> {
  return pulumi.output(github.app ? github.app.privateKeySecretArn : github.tokenSecretArn!);
}

function environment(settings: PoolSettings, hostRole: aws.iam.Role, key: keyof PoolFunctions): Record<string, pulumi.Input<string>> {
  const { github } = settings;
  const variables: Record<string, pulumi.Input<string> | undefined> = {
    [ENV.pool]: settings.poolName,
    [ENV.githubApiUrl]: settings.apiUrl,
    [ENV.githubOrganization]: github.organization,
    [ENV.githubRepository]: github.repository,
    [ENV.githubAppId]: github.app?.id,
    [ENV.githubInstallationId]: github.app?.installationId,
    [ENV.githubPrivateKeySecretArn]: github.app?.privateKeySecretArn,
    [ENV.githubTokenSecretArn]: github.tokenSecretArn,
    [ENV.hostRoleId]: hostRole.uniqueId,
    [ENV.maxDrainSeconds]: String(settings.drain.maxDrain),
    POWERTOOLS_SERVICE_NAME: key,
    POWERTOOLS_METRICS_NAMESPACE: METRIC_NAMESPACE,
    POWERTOOLS_LOG_LEVEL: "INFO",
  };
  return Object.fromEntries(Object.entries(variables).filter((entry): entry is [string, pulumi.Input<string>] => entry[1] !== undefined));
}
