import type { Shape } from "../../aws/api";
import { hookParams } from "../group-params";
import { isMissing } from "../group-waits";
import type { ResourceContext, ResourceType } from "../resource-type";
import type { Json, Properties } from "../values";
import { notOneOf, outOfRange, type Problem } from "./checks";

export const HOOK = "aws:autoscaling/lifecycleHook:LifecycleHook";

export function hookProblems(hook: Json): Problem[] {
  return [
    ...outOfRange(hook, "heartbeatTimeout", 30, 7200),
    ...notOneOf(hook, "defaultResult", ["CONTINUE", "ABANDON"]),
    ...notOneOf(hook, "lifecycleTransition", ["autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"]),
  ];
}

export const lifecycleHook: ResourceType = {
  inputs: [
    "autoscalingGroupName",
    "defaultResult",
    "heartbeatTimeout",
    "lifecycleTransition",
    "name",
    "notificationMetadata",
    "notificationTargetArn",
    "roleArn",
  ],
  required: ["autoscalingGroupName", "lifecycleTransition"],
  autoName: { property: "name", maxLength: 255 },
  replaceOn: ["autoscalingGroupName", "name"],
  upserts: true,
  validate: hookProblems,
  async create(given, context) {
    await context.autoscaling.call("PutLifecycleHook", hookParams(given.autoscalingGroupName, given));
    return { id: hookId(given), outputs: { defaultResult: given.defaultResult ?? "ABANDON" } };
  },
  async update(_id, given, _old, context) {
    await context.autoscaling.call("PutLifecycleHook", hookParams(given.autoscalingGroupName, given));
    return {};
  },
  async read(_id, state, context) {
    const hook = await describeHook(state, context);
    return hook && { defaultResult: hook.DefaultResult, heartbeatTimeout: hook.HeartbeatTimeout };
  },
  async delete(_id, state, context) {
    await context.autoscaling
      .call("DeleteLifecycleHook", { AutoScalingGroupName: state.autoscalingGroupName, LifecycleHookName: state.name })
      .catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
  },
};

/** The real id is only the hook's name. The store needs unique ids, so the group's name is added. */
function hookId(given: Properties): string {
  return `${given.autoscalingGroupName}/${given.name}`;
}

async function describeHook(state: Properties, { autoscaling }: ResourceContext): Promise<Shape | undefined> {
  try {
    const reply = await autoscaling.call("DescribeLifecycleHooks", {
      AutoScalingGroupName: state.autoscalingGroupName,
      LifecycleHookNames: [state.name],
    });
    return ((reply.LifecycleHooks as Shape[] | undefined) ?? [])[0];
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
