import { randomBytes } from "node:crypto";
import type { ResourceStore } from "../aws/api";
import type { AutoScalingApi } from "./autoscaling-api";
import type { Ec2Api } from "./ec2-api";
import type { Json, Properties } from "./values";

/** The account and region of the stand-in's resources, as used in ARNs. */
export interface ProviderAccount {
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
}

/** Invokes a function; resolves with its result or its error. */
export type InvokeFunction = (functionName: string, payload: unknown) => Promise<{ result?: unknown; error?: unknown }>;

export interface ResourceContext {
  readonly account: ProviderAccount;
  readonly store: ResourceStore;
  /** Folder for the content of assets; a resource's state refers to its files by absolute path. */
  readonly filesDir: string;
  readonly autoscaling: AutoScalingApi;
  readonly ec2: Ec2Api;
  /** All that the resource is to have, the provider's default tags included. */
  readonly tags: Record<string, string>;
  /** Invokes a deployed function and waits for its result. */
  readonly invokeFunction: InvokeFunction;
  /** Logical name of the resource in the program. */
  readonly name: string;
  /** Timeout of this operation in seconds; 0 when the program set none. */
  readonly timeoutSeconds: number;
  /** Waits on the rehearsal's clock; rejects when the engine cancels the run. */
  pause(ms: number): Promise<void>;
  now(): number;
}

export interface Created {
  id: string;
  /** Outputs beyond the inputs. */
  outputs: Properties;
}

/**
 * The resource was created or changed, but not completely. The engine keeps it in its state as if it were complete, as
 * with the real provider, and offers it to the next update, which sees no difference to what was planned.
 */
export class IncompleteError extends Error {
  constructor(
    readonly id: string,
    readonly outputs: Properties,
    reason: string,
  ) {
    super(reason);
  }
}

/** One resource type. Types with behaviour implement `create` and the other operations; the rest are only stored. */
export interface ResourceType {
  /** Inputs that the stand-in supports; any other is refused. */
  readonly inputs: readonly string[];
  readonly required?: readonly string[];
  /** The input that holds the physical name. When absent, it is generated: logical name, a dash and 7 hex digits. */
  readonly autoName?: { readonly property: string; readonly maxLength: number; readonly lowerCase?: boolean };
  /** Inputs that AWS cannot change on an existing resource. */
  readonly replaceOn: readonly string[];
  /**
   * Inputs that are `Optional` and `Computed` in the provider's schema: if the program no longer gives one, the provider sees
   * no difference, and each later update sends the value that the state has.
   */
  readonly computed?: readonly string[];
  /** The same of members of the blocks in a list, by the list and the block: the state's value is that of the same place in the list. */
  readonly computedInBlocks?: { readonly list: string; readonly block: string; readonly members: readonly string[] };
  /** The same of the members of a block that there is once, by the input. */
  readonly computedInObjects?: Readonly<Record<string, readonly string[]>>;
  /** Whether a changed input replaces the resource, where that depends on the values. Asked of those that are not in `replaceOn`. */
  readonly replacesFor?: (property: string, news: Properties, olds: Properties) => boolean;
  /** Outputs that an update changes, so they are unknown in its preview. */
  readonly volatile?: readonly string[];
  /** Whether the type has the output `tagsAll`. Default: whether it has the input `tags`. */
  readonly hasTags?: boolean;
  /** Whether these inputs keep the provider's default tags off the resource. Default: they never do. */
  readonly overridesDefaultTags?: (inputs: Properties) => boolean;
  /** Inputs that are always secret, even if the program does not mark them. */
  readonly secret?: readonly string[];
  /** AWS's call creates or overwrites, so a resource of that name may already exist. */
  readonly upserts?: boolean;
  /** AWS keeps nothing of it, so a refresh returns what the engine knows. Two such resources may even have the same id. */
  readonly leavesNoTrace?: boolean;
  /** Problems that the real provider or AWS would report before or on creation. */
  validate?(inputs: Properties): { property: string; reason: string }[];

  create(inputs: Properties, context: ResourceContext): Promise<Created> | Created;
  update?(id: string, inputs: Properties, old: Properties, context: ResourceContext): Promise<Properties> | Properties;
  /** Live values that may have changed outside the program; `undefined` when the resource no longer exists. */
  read?(id: string, state: Properties, context: ResourceContext): Promise<Properties | undefined>;
  delete?(id: string, state: Properties, context: ResourceContext): Promise<void> | void;
}

/** An id in AWS's format: `vpc-0123456789abcdef0`. */
export function newId(prefix: string): string {
  return `${prefix}-0${randomBytes(8).toString("hex")}`;
}

/** A unique id in IAM's format: a four-letter prefix and 17 capital letters and digits. */
export function newUniqueId(kind: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return kind + [...randomBytes(17)].map((byte) => alphabet[byte % 32]).join("");
}

export function arn(
  account: ProviderAccount,
  service: string,
  resource: string,
  parts: { regional?: boolean; account?: boolean } = {},
): string {
  const region = parts.regional === false ? "" : account.region;
  const accountId = parts.account === false ? "" : account.accountId;
  return `arn:${account.partition}:${service}:${region}:${accountId}:${resource}`;
}

/** A type that exists only in the store and whose outputs follow from its inputs. */
export function storedType(
  definition: Omit<ResourceType, "create"> & {
    id(inputs: Properties, context: ResourceContext): string;
    outputs?(id: string, inputs: Properties, context: ResourceContext): Properties;
    /** Outputs that are chosen on creation and never change (unique ids). */
    once?(inputs: Properties): Properties;
  },
): ResourceType {
  const { id: identify, outputs = () => ({}), once = () => ({}), ...type } = definition;
  return {
    ...type,
    create(inputs, context) {
      const id = identify(inputs, context);
      return { id, outputs: { ...once(inputs), ...outputs(id, inputs, context) } };
    },
    update: type.update ?? ((id, inputs, _old, context) => outputs(id, inputs, context)),
  };
}

export function text(value: Json): string {
  return String(value ?? "");
}
