import type { ResourceStore } from "../../aws/api";
import { nameOf } from "../../aws/account";
import { arn, type ProviderAccount } from "../resource-type";
import type { Json, Properties } from "../values";

/** One call of AWS's API, as IAM decides on it. The caller's own condition keys are not in `context`. */
export interface ApiCall {
  /** As IAM spells it: `iam:CreateRole`. */
  action: string;
  /** ARN; `*` for the part that AWS chooses on creation, and for an action without resources. */
  resource: string;
  /** Condition keys of the request and of the resource. */
  context: Record<string, string>;
}

/** What the provider is about to do with one resource. */
export interface Change {
  kind: "create" | "update" | "delete";
  /** Empty on creation. */
  id: string;
  /** The new inputs over the computed values; on deletion the state. */
  state: Properties;
  /** The state before the change; empty on creation. */
  before: Properties;
  /** Names of the inputs that differ. Only for updates. */
  changed: readonly string[];
  /** The provider's default tags included. */
  tags: Record<string, string>;
  /** As AWS has them before the change; none on creation. */
  tagsBefore: Record<string, string>;
  account: ProviderAccount;
  store: ResourceStore;
}

export type CallsOf = (change: Change) => ApiCall[];

export interface CallsOfType {
  /** ARN of the resource that the calls act on. */
  arn(change: Change): string;
  create: readonly string[];
  /** Actions by changed input; `*` has those for inputs that are not named. An empty list means that no call is made. */
  update?: Readonly<Record<string, readonly string[]>>;
  remove: readonly string[];
  /** Actions that add and remove tags. Creating with tags needs the first one besides the call itself. */
  tagging?: { tag: string; untag: string };
  /** ARN that the tagging actions name, if it is another one. Creating with tags then needs its first action on both. */
  taggingArn?(change: Change): string;
  /** Tags of the resource that the calls act on, if it is another one than the change's own. */
  tagsOf?(change: Change): Record<string, string>;
  /** Further condition keys of every call. */
  context?(change: Change): Record<string, string>;
  /** Calls besides those, in the same operation. */
  besides?(change: Change): ApiCall[];
}

/** The calls of a type that acts on one resource. */
export function calls(type: CallsOfType): CallsOf {
  return (change) => {
    const resource = type.arn(change);
    const toTag = type.taggingArn?.(change) ?? resource;
    const own = type.tagsOf?.(change);
    const more = type.context?.(change) ?? {};
    const existing = { ...resourceTags(own ?? change.tagsBefore), ...more };
    const besides = type.besides?.(change) ?? [];
    const all = (actions: readonly string[], context: Record<string, string>, on = resource): ApiCall[] =>
      actions.map((action) => ({ action, resource: on, context }));
    if (change.kind === "create") {
      const tagged = type.tagging && Object.keys(change.tags).length > 0 ? [type.tagging.tag] : [];
      const context = own ? existing : { ...requestTags(change.tags), ...more };
      return [...all([...type.create, ...tagged], context), ...(toTag === resource ? [] : all(tagged, context, toTag)), ...besides];
    }
    if (change.kind === "delete") return [...all(type.remove, existing), ...besides];
    const { update = {}, tagging } = type;
    const inputs = change.changed.filter((input) => input !== "tags");
    const actions = new Set(inputs.flatMap((input) => update[input] ?? update["*"] ?? []));
    return [...all([...actions], existing), ...(tagging ? taggingCalls(change, tagging, toTag, existing) : []), ...besides];
  };
}

export function taggingCalls(
  { tags, tagsBefore }: Pick<Change, "tags" | "tagsBefore">,
  { tag, untag }: { tag: string; untag: string },
  resource: string,
  existing: Record<string, string>,
): ApiCall[] {
  const put = Object.fromEntries(Object.entries(tags).filter(([key, value]) => tagsBefore[key] !== value));
  const gone = Object.keys(tagsBefore).some((key) => !(key in tags));
  return [
    ...(gone ? [{ action: untag, resource, context: existing }] : []),
    ...(Object.keys(put).length > 0 ? [{ action: tag, resource, context: { ...existing, ...requestTags(put) } }] : []),
  ];
}

export function requestTags(tags: Record<string, string>): Record<string, string> {
  return prefixed("aws:RequestTag/", tags);
}

export function resourceTags(tags: Record<string, string>): Record<string, string> {
  return prefixed("aws:ResourceTag/", tags);
}

function prefixed(prefix: string, tags: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [prefix + key, String(value)]));
}

/** Tags of a resource that the program deployed, found by a property of its state. */
export function tagsWhere(store: ResourceStore, type: string, matches: (state: Json, id: string) => boolean): Record<string, string> {
  return store.list(type).find(({ state, id }) => matches(state, id))?.state["tagsAll"] ?? {};
}

/** `iam:PassRole`, which AWS checks wherever a service receives a role. IAM does not evaluate a role's tags for it. */
export function passRole(role: unknown, service: string, { account }: Change): ApiCall {
  const resource = arn(account, "iam", `role/${nameOf(String(role))}`, { regional: false });
  return { action: "iam:PassRole", resource, context: { "iam:PassedToService": service } };
}
