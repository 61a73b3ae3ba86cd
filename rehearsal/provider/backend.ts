import type { ResourceStore } from "../aws/api";
import type { AutoScalingApi } from "./autoscaling-api";
import { type Ec2Api, NO_EC2 } from "./ec2-api";
import { type Authorise, CallAuthoriser, type Operation } from "./call-authoriser";
import { checkTags, DefaultTags } from "./default-tags";
import { computedInputs, difference, type Difference } from "./difference";
import { checkInputs, type Failure } from "./input-check";
import { INVOKES, type AccountFacts } from "./invokes";
import { GENERATED, withPhysicalName } from "./naming";
import { logicalName, plainCall, type ProviderCall, typeToken } from "./provider-call";
import { stateOf, visible, withoutBookkeeping } from "./resource-state";
import {
  IncompleteError,
  type ResourceContext,
  type Created,
  type InvokeFunction,
  type ProviderAccount,
  type ResourceType,
} from "./resource-type";
import { RESOURCE_TYPES } from "./types";
import { conceal, dropAbsent, revealAll, type Properties } from "./values";

export interface ProviderOptions {
  store: ResourceStore;
  autoscaling: AutoScalingApi;
  /** Without it, instances of their own and their volumes cannot be deployed. */
  ec2?: Ec2Api;
  /** Absolute path; created when missing. Holds Lambda bundles and S3 objects. */
  filesDir: string;
  /** Waits on the rehearsal's clock while the provider polls. Default: the wall clock. */
  sleep?: (ms: number) => Promise<void>;
  now?: () => number;
  /** Default: partition `aws`, account 123456789012, the region configured for the provider, else eu-central-1. */
  account?: Partial<ProviderAccount>;
  /** Invokes a deployed function synchronously. Without it, `aws.lambda.Invocation` and `getInvocation` fail. */
  invoke?: InvokeFunction;
  /** Decides on each call of AWS's API that the real provider would make. Default: all are allowed. */
  authorise?: Authorise;
  /** What data-source functions return in addition to the built-in parameters, images, instance types and subnets. */
  facts?: Partial<AccountFacts>;
}

/** Provider settings without effect on the stand-in. It ignores credentials by design. */
const IGNORED_SETTINGS =
  /^(version|pluginDownloadURL|profile|accessKey|secretKey|token|maxRetries|retryMode|allowedAccountIds|skip[A-Z]\w*|s3UsePathStyle)$/;

/** The rehearsal's `aws` provider: does what the real plugin does, against the AWS stand-in. */
export class ProviderBackend {
  private region: string | undefined;
  private defaultTags = new DefaultTags();
  private stopped = new AbortController();
  private readonly authoriser: CallAuthoriser | undefined;

  constructor(private readonly options: ProviderOptions) {
    if (options.authorise) this.authoriser = new CallAuthoriser(options.authorise, options.store, () => this.account());
  }

  configure(settings: Properties): void {
    this.stopped = new AbortController();
    for (const [name, value] of Object.entries(revealAll(settings).plain)) {
      const parsed = decodeSetting(value);
      if (name === "region") this.region = String(parsed);
      else if (name === "defaultTags") this.defaultTags = new DefaultTags(parsed.tags);
      else if (!IGNORED_SETTINGS.test(name)) {
        throw new Error(
          `aws provider setting ${name}: not supported by the rehearsal's provider; handle it in rehearsal/provider/backend.ts`,
        );
      }
    }
  }

  /** Ends every wait, because the engine was interrupted. */
  cancel(): void {
    this.stopped.abort();
    this.stopped = new AbortController();
  }

  check(call: ProviderCall): { inputs: Properties; failures: Failure[] } {
    const token = typeToken(call.urn);
    const type = RESOURCE_TYPES[token];
    if (!type) throw new Error(`${token}: type not supported by the rehearsal's provider; add it to rehearsal/provider/types/`);
    const { plain: olds } = revealAll(call.olds ?? {});
    const inputs = withPhysicalName(type, logicalName(call.urn), dropAbsent(call.news ?? {}), olds, call.seed ?? "");
    const { plain, secrets } = revealAll(inputs);
    const hidden = (type.secret ?? []).filter((name) => name in plain && !secrets.has(name));
    return { inputs: conceal(inputs, hidden), failures: checkInputs(token, type, plain) };
  }

  diff(call: ProviderCall): Difference {
    const type = this.type(call.urn);
    const plain = plainCall(call);
    const { changes, ...rest } = difference(type, plain);
    if (this.defaultTags.planned(type, plain)) changes.push({ property: "tagsAll", kind: "update", replace: false });
    return { changes, ...rest };
  }

  async create(call: ProviderCall): Promise<{ id: string; outputs: Properties }> {
    const type = this.type(call.urn);
    const { plain, secrets } = revealAll(call.news ?? {});
    if (call.preview) return { id: "", outputs: call.news ?? {} };
    const tagsAll = this.defaultTags.atCreation(type, plain);
    const context = this.context(call, tagsAll);
    checkTags(`creating ${logicalName(call.urn)}`, typeToken(call.urn), plain, tagsAll);
    const keep = ({ id, outputs }: Created): Properties => {
      const state = stateOf(plain, tagsAll, outputs, context);
      this.options.store.put({ type: typeToken(call.urn), id, state: withoutBookkeeping(state) });
      return conceal(visible(state), secrets);
    };
    this.authorise(call, "create", {}, plain);
    try {
      const created = await type.create(withoutBookkeeping(plain), context);
      if (!type.upserts && this.options.store.get(typeToken(call.urn), created.id)) {
        throw new Error(`creating ${logicalName(call.urn)}: EntityAlreadyExists: ${typeToken(call.urn)} ${created.id} already exists`);
      }
      return { id: created.id, outputs: keep(created) };
    } catch (error) {
      if (error instanceof IncompleteError) throw new IncompleteError(error.id, keep(error), error.message);
      throw error;
    }
  }

  async update(call: ProviderCall): Promise<{ outputs: Properties }> {
    const type = this.type(call.urn);
    const { olds, oldInputs, news, secrets, ignored } = plainCall(call);
    const id = call.id ?? "";
    // The inputs as the engine's state has them: a refresh may have found others than the store, which holds what was planned.
    const stored = this.options.store.get(typeToken(call.urn), id)?.state ?? {};
    const before = { ...Object.fromEntries(Object.entries(stored).filter(([name]) => !type.inputs.includes(name))), ...olds };
    for (const name of ignored) {
      if (before[name] === undefined) delete news[name];
      else news[name] = before[name];
    }
    Object.assign(news, computedInputs(type, news, before));
    const computed = Object.fromEntries(Object.entries(before).filter(([name]) => !type.inputs.includes(name) && name !== GENERATED));
    if (call.preview) {
      for (const name of type.volatile ?? []) delete computed[name];
      return { outputs: conceal(visible({ ...computed, ...news }), secrets) };
    }
    const tagsAll = this.defaultTags.atUpdate(type, { news, ignored }, before);
    const context = this.context(call, tagsAll);
    checkTags(`updating ${logicalName(call.urn)}`, typeToken(call.urn), news, tagsAll);
    this.authorise(call, "update", before, { ...computed, ...news }, [...Object.keys(news), ...Object.keys(oldInputs)]);
    const keep = (outputs: Properties): Properties => {
      const state = stateOf(news, tagsAll, { ...computed, ...outputs }, context);
      this.options.store.put({ type: typeToken(call.urn), id, state: withoutBookkeeping(state) });
      return conceal(visible(state), secrets);
    };
    try {
      return { outputs: keep(type.update ? await type.update(id, withoutBookkeeping(news), before, context) : {}) };
    } catch (error) {
      if (error instanceof IncompleteError) throw new IncompleteError(id, keep(error.outputs), error.message);
      throw error;
    }
  }

  /** The live resource: its outputs, and the inputs that would describe it. */
  async read(call: ProviderCall): Promise<{ id: string; outputs: Properties; inputs: Properties }> {
    const token = typeToken(call.urn);
    const type = this.type(call.urn);
    const id = call.id ?? "";
    if (type.leavesNoTrace) return { id, outputs: call.olds ?? {}, inputs: call.oldInputs ?? {} };
    const stored = this.options.store.get(token, id);
    const { plain: inputs, secrets } = revealAll(call.oldInputs ?? {});
    const live = stored && type.read ? await type.read(id, stored.state, this.context(call)) : {};
    if (!stored || !live) return { id: "", outputs: {}, inputs: {} };
    // An undefined value is one that the live resource does not have.
    const state = { ...stored.state, ...live };
    for (const secret of revealAll(call.olds ?? {}).secrets) secrets.add(secret);
    const current = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, name in state ? state[name] : value]));
    return { id, outputs: conceal(visible(dropAbsent(state)), secrets), inputs: conceal(dropAbsent(current), secrets) };
  }

  async delete(call: ProviderCall): Promise<void> {
    const token = typeToken(call.urn);
    const id = call.id ?? "";
    const stored = this.options.store.get(token, id);
    const type = this.type(call.urn);
    // Two resources may share such an id, and the deletion of the first must not hide the second.
    if (!stored && !type.upserts) return;
    const state = { ...stored?.state, ...revealAll(call.olds ?? {}).plain };
    this.authorise(call, "delete", state, state);
    await type.delete?.(id, state, this.context(call));
    this.options.store.remove(token, id);
  }

  async invoke(token: string, args: Properties): Promise<Properties> {
    const invokeHandler = INVOKES[token];
    if (!invokeHandler)
      throw new Error(`${token}: function not supported by the rehearsal's provider; add it to rehearsal/provider/invokes.ts`);
    const { plain } = revealAll(args);
    this.authoriser?.invoke(token, plain);
    const { store, facts = {}, invoke = noInvoke } = this.options;
    return invokeHandler(plain, { account: this.account(), store, facts, invokeFunction: invoke, defaultTags: this.defaultTags.tags });
  }

  private type(urn: string): ResourceType {
    const type = RESOURCE_TYPES[typeToken(urn)];
    if (!type) throw new Error(`${typeToken(urn)}: type not supported by the rehearsal's provider`);
    return type;
  }

  private authorise(
    call: ProviderCall,
    kind: Operation["kind"],
    before: Properties,
    after: Properties,
    given: readonly string[] = [],
  ): void {
    const id = call.id ?? "";
    const [token, name] = [typeToken(call.urn), logicalName(call.urn)];
    const inputs = [...new Set(given)].filter((input) => !input.startsWith("__"));
    this.authoriser?.operation({ token, name, kind, id, before, after, given: inputs, tagsOf: (state) => this.defaultTags.merged(state) });
  }

  private account(): ProviderAccount {
    const { partition = "aws", accountId = "123456789012", region } = this.options.account ?? {};
    return { partition, accountId, region: this.region ?? region ?? "eu-central-1" };
  }

  private context(call: ProviderCall, tags: Record<string, string> = {}): ResourceContext {
    const { store, autoscaling, ec2 = NO_EC2, filesDir } = this.options;
    const sleep = this.options.sleep ?? ((ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)));
    const signal = this.stopped.signal;
    return {
      account: this.account(),
      store,
      autoscaling: this.authoriser?.autoscaling(autoscaling) ?? autoscaling,
      ec2,
      tags,
      filesDir,
      invokeFunction: this.options.invoke ?? noInvoke,
      name: logicalName(call.urn),
      timeoutSeconds: call.timeoutSeconds ?? 0,
      now: this.options.now ?? Date.now,
      pause: async (ms) => {
        await sleep(ms);
        if (signal.aborted) throw new Error(`${logicalName(call.urn)}: the run was cancelled while waiting`);
      },
    };
  }
}

const noInvoke: InvokeFunction = async (functionName) => {
  throw new Error(`function ${functionName} cannot be invoked: set the option invoke of the provider's backend`);
};

function decodeSetting(value: unknown): any {
  if (typeof value !== "string" || !/^[[{]/.test(value)) return value;
  return JSON.parse(value);
}
