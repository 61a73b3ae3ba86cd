import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { createEventTrigger } from "../shared/event-trigger";
import type { PoolFunctions } from "./functions";
import type { PoolSettings } from "./settings";
import { triggers } from "./triggers";

export interface EventParts {
  settings: PoolSettings;
  functions: PoolFunctions;
  deadLetters: aws.sqs.Queue;
  tags: pulumi.Output<Record<string, string>>;
}

/**
 * The rules that route the group's events to the functions, and the sweep's schedule.
 *
 * @returns resources that must exist before the group: an earlier event would be lost.
 */
export function createEvents(name: string, parts: EventParts, opts: pulumi.CustomResourceOptions): pulumi.Resource[] {
  const { settings, functions, deadLetters, tags } = parts;
  return triggers(settings).flatMap((trigger) =>
    createEventTrigger(`${name}-${trigger.suffix}`, { trigger, handler: functions[trigger.target].function, deadLetters, tags }, opts),
  );
}
