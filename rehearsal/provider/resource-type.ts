import { randomBytes } from "node:crypto";
import type { ResourceStore } from "../aws/api";
import type { AutoScalingApi } from "./autoscaling-api";
import type { Json, Properties } from "./values";

/** Where the stand-in's resources live: what ARNs are made of. */
export interface ProviderAccount {
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
}

/** What a function returned, or how it failed. */
export type InvokeFunction = (functionName: string, payload: unknown) => Promise<{ result?: unknown; error?: unknown }>;

export interface ResourceContext {
  readonly account: ProviderAccount;
  readonly store: ResourceStore;
  /** Folder for the content of assets; a resource's state names files in it by absolute path. */
  readonly filesDir: string;
  readonly autoscaling: AutoScalingApi;
  /** Invokes a deployed function and waits for its end. */
  readonly invokeFunction: InvokeFunction;
  /** Logical name of the resource in the program. */
  readonly name: string;
  /** Seconds that the engine allows this operation; 0 where the program set none. */
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

/** The resource exists but is not as it should be: the engine keeps it in its state and tries again at the next run. */
export class PartlyDone extends Error {
  constructor(
    readonly id: string,
    readonly outputs: Properties,
    reason: string,
  ) {
    super(reason);
  }
}

/** What the provider knows of one type. `create` and its kin exist for types that do something; the rest are kept only. */
export interface ResourceType {
  /** Inputs that the stand-in knows; any other is refused. */
  readonly inputs: readonly string[];
  readonly required?: readonly string[];
  /** The input that becomes the physical name when absent: logical name, a dash and 7 hex digits. */
  readonly autoName?: { readonly property: string; readonly maxLength: number; readonly lowerCase?: boolean };
  /** Inputs that AWS cannot change on an existing resource. */
  readonly replaceOn: readonly string[];
  /** Outputs that an update changes, so unknown in its preview. */
  readonly volatile?: readonly string[];
  /** The property whose map of tags also comes back as `tagsAll`; most types have `tags`. */
  readonly hasTags?: boolean;
  /** Inputs whose value is a secret whether or not the program says so. */
  readonly secret?: readonly string[];
  /** AWS's call creates or overwrites, so a resource of that name may be there already. */
  readonly upserts?: boolean;
  /** Problems that the real provider or AWS would find before or at creation. */
  validate?(inputs: Properties): { property: string; reason: string }[];

  create(inputs: Properties, context: ResourceContext): Promise<Created> | Created;
  update?(id: string, inputs: Properties, old: Properties, context: ResourceContext): Promise<Properties> | Properties;
  /** Live values that may have moved without the program; `undefined` when the resource is gone. */
  read?(id: string, state: Properties, context: ResourceContext): Promise<Properties | undefined>;
  delete?(id: string, state: Properties, context: ResourceContext): Promise<void> | void;
}

/** Hex digits as AWS's ids have them: `vpc-0123456789abcdef0`. */
export function newId(prefix: string): string {
  return `${prefix}-0${randomBytes(8).toString("hex")}`;
}

/** Unique ids of IAM: a four-letter kind and 17 capital letters and digits. */
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

/** A type whose outputs follow from its inputs alone and that lives only in the store. */
export function kept(
  definition: Omit<ResourceType, "create"> & {
    id(inputs: Properties, context: ResourceContext): string;
    outputs?(id: string, inputs: Properties, context: ResourceContext): Properties;
    /** Outputs drawn once at creation and kept for life (unique ids). */
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
