import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { ReadinessInput, ReadinessResult } from "../../contract/actions-runner-pool/readiness";
import type { PackagedFunction } from "../shared/packaged-function";
import { waiting } from "../shared/pause";
import { waitUntilInService } from "./readiness-wait";
import type { PoolSettings } from "./settings";

export interface ReadinessParts {
  settings: PoolSettings;
  sweep: PackagedFunction;
  group: aws.autoscaling.Group;
}

/**
 * Waits, in the deployment that creates the group, until its first instances are in service, and shows how far they are.
 *
 * The AWS provider's own wait is off, see group.ts. It asks the sweep function instead, through the user's provider, so
 * that it needs no credentials of its own. No resource is created here, so nothing depends on it and nothing is left
 * undone if it fails. A preview does not wait.
 *
 * @returns resolves to nothing. The component registers it as an output, because Pulumi waits for nothing else.
 */
export function waitForReadiness(component: pulumi.ComponentResource, parts: ReadinessParts): pulumi.Output<undefined> {
  const { settings, sweep, group } = parts;
  if (!settings.waitForReadiness || pulumi.runtime.isDryRun()) return pulumi.output(undefined);
  const began = performance.now();
  const input: ReadinessInput = { pool: settings.poolName, check: "readiness" };
  return pulumi.all([sweep.function.name, group.id]).apply(async ([functionName]) => {
    const wait = waitUntilInService(
      { group: settings.names.group, launchTimeout: settings.launchTimeout },
      {
        ask: async () => {
          const { result } = await aws.lambda.getInvocation({ functionName, input: JSON.stringify(input) }, { parent: component });
          return checked(result);
        },
        pause: (milliseconds) => waiting.pause(milliseconds),
        elapsed: () => (performance.now() - began) / 1000,
        progress: (line) => void pulumi.log.info(line, component, undefined, true).catch(ignore),
        info: (line) => void pulumi.log.info(line, component).catch(ignore),
        warn: (line) => void pulumi.log.warn(line, component).catch(ignore),
      },
    );
    await wait.catch(failProgram);
    return undefined;
  });
}

/**
 * As an unhandled rejection, like that of any resource, so that the rest of the program is deployed and the error is shown
 * as it is. An output that rejects would put the SDK's words before it.
 */
function failProgram(error: unknown): void {
  void Promise.reject(error);
}

/** A message that the engine no longer takes must not fail the program. */
const ignore = (): void => undefined;

/** @throws if the function, perhaps of another release, gave another answer. */
function checked(result: string | undefined): ReadinessResult {
  const answer: unknown = result === undefined ? undefined : JSON.parse(result);
  if (typeof answer === "object" && answer !== null && ("unknown" in answer || ("inService" in answer && "wanted" in answer)))
    return answer as ReadinessResult;
  throw new Error(`the sweep function answered ${String(result).slice(0, 80)}`);
}
