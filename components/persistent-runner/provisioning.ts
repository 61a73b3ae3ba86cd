import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { PostponedReply, PostponedRequest, ProvisionReply, ProvisionRequest } from "../../contract/persistent-runner/control";
import { type PinnedObject, preparationDigest } from "../../contract/persistent-runner/order";
import { PERSISTENT_TIMING as TIMING } from "../../contract/persistent-runner/timing";
import type { PersistentRunnerSettings } from "./settings";

export interface ProvisioningParts {
  settings: PersistentRunnerSettings;
  control: aws.lambda.Function;
  instanceId: pulumi.Output<string>;
  bundle: pulumi.Output<PinnedObject>;
  configuration: pulumi.Output<PinnedObject>;
  /** Everything that the machine and the function need. */
  dependsOn: pulumi.Resource[];
}

/**
 * Has the machine prepare itself and switch itself off: after it was made, and after each change of what is installed on it. Each
 * invocation fits a function's 900 s, so a longer first boot takes several; a change of their number changes nothing but the wait.
 *
 * One that finds a run to have the machine has succeeded, so Pulumi would not repeat it. The function counts these, and the count is a part
 * of the input. The function is invoked without an alias: the provider waits until its update has taken effect, and what the former
 * one is still at refuses a request of another release, and ends when this one has given its order.
 */
export function createProvisioning(name: string, parts: ProvisioningParts, opts: pulumi.CustomResourceOptions): aws.lambda.Invocation[] {
  const { settings, control, instanceId } = parts;
  const postponed = postponedSoFar(control, opts.parent!);
  const created: aws.lambda.Invocation[] = [];
  for (const [index, { wait, last }] of waits(settings).entries()) {
    const input = pulumi.all([instanceId, parts.bundle, parts.configuration, postponed]).apply(([id, bundle, configuration, count]) => {
      const request: ProvisionRequest = {
        action: "provision",
        instanceId: id,
        digest: preparationDigest({ bundle, configuration }),
        wait,
        last,
        postponed: count,
      };
      return JSON.stringify(request);
    });
    const dependsOn = [...parts.dependsOn, ...created];
    const resourceName = `${name}-provision-${index + 1}`;
    const invocation = new aws.lambda.Invocation(resourceName, { functionName: control.name, input }, { ...opts, dependsOn });
    invocation.result.apply((result) => warnIfInUse(result, invocation));
    created.push(invocation);
  }
  return created;
}

/** By the function's ARN, which a preview knows only of a function that exists. */
function postponedSoFar(control: aws.lambda.Function, parent: pulumi.Resource): pulumi.Output<number> {
  const request: PostponedRequest = { action: "postponed" };
  return pulumi.all([control.name, control.arn]).apply(async ([functionName]) => {
    try {
      const { result } = await aws.lambda.getInvocation({ functionName, input: JSON.stringify(request) }, { parent });
      const { postponed } = JSON.parse(result) as Partial<PostponedReply>;
      if (!Number.isInteger(postponed)) throw new Error(`its reply was ${result}`);
      return postponed!;
    } catch (error) {
      // Not a reason to fail: what is deployed next may be the remedy. If one was postponed, another invocation finds nothing to do.
      const text = `whether a provisioning was postponed is unknown, because ${functionName} could not be asked: ${String(error)}`;
      await pulumi.log.warn(text, parent).catch(ignore);
      return 0;
    }
  });
}

async function warnIfInUse(result: string, invocation: pulumi.Resource): Promise<void> {
  const { state, detail } = (JSON.parse(result) ?? {}) as Partial<ProvisionReply>;
  if (state === "in-use") await pulumi.log.warn(`not provisioned: ${detail}`, invocation).catch(ignore);
}

/** A message that the engine no longer takes must not fail the program. */
const ignore = (): void => undefined;

/** Seconds after `firstBootTimeout`, at which the machine switches itself off: for that, and for EC2 to show its console. */
const MARGIN = 240;

/** Seconds within which an order is given. */
const ORDER_GIVEN = 30;

/** Of each invocation. Without a wait there is one, which gives the order. */
export function waits({ waitForProvisioning, firstBootTimeout }: PersistentRunnerSettings): Pick<ProvisionRequest, "wait" | "last">[] {
  if (!waitForProvisioning) return [{ wait: ORDER_GIVEN, last: false }];
  const all = firstBootTimeout + MARGIN;
  const number = Math.ceil(all / TIMING.provisionWait);
  // Of equal length: a later deployment repeats the last one alone, after it has failed, and seconds would help no one then.
  const wait = Math.ceil(all / number);
  return Array.from({ length: number }, (_, index) => ({ wait, last: index === number - 1 }));
}
