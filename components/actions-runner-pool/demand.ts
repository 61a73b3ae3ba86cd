import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { artefacts } from "../shared/artefacts";
import type { AwsEnvironment } from "../shared/aws-environment";
import { createEventTrigger } from "../shared/event-trigger";
import { createDashboard } from "./dashboard";
import { createDemandAlarms } from "./demand-alarms";
import type { DemandSource } from "./demand-source";
import type { InstanceFacts } from "./instance-facts";
import type { FunctionNetwork } from "./network";
import { createPoolRegistration } from "./pool-registration";
import { createScaleFunction } from "./scale-function";
import { scaleTriggers } from "./scale-triggers";
import type { PoolSettings } from "./settings";

export interface DemandParts {
  settings: PoolSettings;
  source: DemandSource;
  environment: pulumi.Output<AwsEnvironment>;
  facts: pulumi.Output<InstanceFacts>;
  deadLetters: aws.sqs.Queue;
  /** What must exist before the rules can use the queue. */
  deadLettersReady: pulumi.Resource[];
  network: FunctionNetwork;
  artefacts: ReturnType<typeof artefacts>["functions"];
  group: aws.autoscaling.Group;
  tags: pulumi.Output<Record<string, string>>;
}

export interface Demand {
  scale: aws.lambda.Function;
  /** All that depends on the group: its deletion comes first. */
  ready: pulumi.Resource[];
}

/**
 * What a pool has with the argument `demand`, and only then: the scaler, between the source of demand and the group. Its schedule
 * and its rule come last and are deleted first, so that it neither acts on a group that is being created nor works against one that
 * is being deleted.
 */
export function createDemand(name: string, parts: DemandParts, opts: pulumi.CustomResourceOptions): Demand {
  const { settings, source, deadLetters, tags, group } = parts;
  const { demand } = source;
  const scale = createScaleFunction(name, parts, opts);
  const registration = createPoolRegistration(name, { ...parts, demand, scale, dependsOn: [group, ...source.own] }, opts);
  const last = { ...opts, dependsOn: [...parts.deadLettersReady, registration] };
  const rules = scaleTriggers(settings).flatMap(({ eventPattern, ...trigger }) => {
    const pattern = eventPattern && source.workflowJobsName.apply(eventPattern);
    const parts = { trigger: { ...trigger, eventPattern: pattern }, handler: scale.function, deadLetters, tags };
    return createEventTrigger(`${name}-${trigger.suffix}`, parts, last);
  });
  createDemandAlarms(name, { settings, scale, tags }, opts);
  createDashboard(name, { settings, source, environment: parts.environment, dependsOn: scale.ready }, opts);
  return { scale: scale.function, ready: [registration, ...rules] };
}
