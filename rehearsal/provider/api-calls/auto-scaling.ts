import { partitionOf } from "../../../contract/aws/partitions";
import type { Shape } from "../../aws/api";
import type { AutoScalingOperation } from "../autoscaling-api";
import { arn, type ProviderAccount } from "../resource-type";
import { type ApiCall, type CallsOf, type Change, passRole, requestTags, resourceTags, tagsWhere } from "./api-call";

const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";
const PROFILE = "aws:iam/instanceProfile:InstanceProfile";

/** Kinds of resources that a launch creates or uses, besides image and template. */
const LAUNCHED = ["instance", "volume", "network-interface", "security-group", "subnet"];

/**
 * What Auto Scaling demands of the principal that gives a group a launch template of a certain version: the permissions to
 * launch such an instance directly. The calls on the group itself are those of `groupCall`.
 */
const group: CallsOf = (change) => {
  const uses = change.kind === "create" || ["launchTemplate", "mixedInstancesPolicy"].some((input) => change.changed.includes(input));
  if (change.kind === "delete" || !uses) return [];
  const { account, state, store } = change;
  const id = state.launchTemplate?.id ?? state.mixedInstancesPolicy?.launchTemplate?.launchTemplateSpecification?.launchTemplateId;
  const template = store.get(TEMPLATE, id)?.state ?? {};
  const launch = (resource: string, context: Record<string, string> = {}): ApiCall => ({ action: "ec2:RunInstances", resource, context });
  const tags = { action: "ec2:CreateTags", context: { "ec2:CreateAction": "RunInstances", ...requestTags(ownTags(change)) } };
  return [
    ...LAUNCHED.map((kind) => launch(arn(account, "ec2", `${kind}/*`))),
    launch(arn(account, "ec2", "image/*", { account: false })),
    launch(arn(account, "ec2", `launch-template/${id}`), resourceTags(tagsWhere(store, TEMPLATE, (_, own) => own === id))),
    ...["instance", "volume", "network-interface"].map((kind) => ({ ...tags, resource: arn(account, "ec2", `${kind}/*`) })),
    ...profileRole(template["iamInstanceProfile"], change).map((role) =>
      passRole(role, partitionOf(change.account.region).ec2Principal, change),
    ),
  ];
};

function ownTags({ state }: Change): Record<string, string> {
  const tags: { key: string; value: string }[] = state.tags ?? [];
  return Object.fromEntries(tags.map(({ key, value }) => [key, value]));
}

/** The role of an instance profile that the program deployed, if it did. */
export function profileRole(reference: { arn?: string; name?: string } | undefined, { store }: Change): unknown[] {
  const found = store.list(PROFILE).find(({ state, id }) => reference && (state["arn"] === reference.arn || id === reference.name));
  return found ? [found.state["role"]] : [];
}

/** Hooks are calls of the group's API, which `groupCall` covers. */
const hook: CallsOf = () => [];

export const AUTO_SCALING_CALLS: Record<string, CallsOf> = {
  "aws:autoscaling/group:Group": group,
  "aws:autoscaling/lifecycleHook:LifecycleHook": hook,
};

/** A call of the group's API as IAM sees it. Describing has no resource. Tags are part of the group's creation. */
export function groupCalls(operation: AutoScalingOperation, params: Shape, account: ProviderAccount): ApiCall[] {
  const action = `autoscaling:${operation}`;
  if (operation.startsWith("Describe")) return [{ action, resource: "*", context: {} }];
  const tags = (params.Tags as { ResourceId?: string; Key: string; Value?: string }[] | undefined) ?? [];
  const name = params.AutoScalingGroupName ?? tags[0]?.ResourceId;
  const resource = arn(account, "autoscaling", `autoScalingGroup:*:autoScalingGroupName/${name}`);
  const context = requestTags(Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value ?? ""])));
  const more =
    operation === "CreateAutoScalingGroup" && tags.length > 0 ? [{ action: "autoscaling:CreateOrUpdateTags", resource, context }] : [];
  return [{ action, resource, context }, ...more];
}
