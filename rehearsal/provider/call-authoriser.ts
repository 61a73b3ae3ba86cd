import type { ResourceStore } from "../aws/api";
import { API_CALLS } from "./api-calls";
import type { ApiCall, Change } from "./api-calls/api-call";
import { groupCalls } from "./api-calls/auto-scaling";
import { INVOKE_CALLS } from "./api-calls/invokes";
import type { AutoScalingApi } from "./autoscaling-api";
import type { ProviderAccount } from "./resource-type";
import { same, type Json, type Properties } from "./values";

/**
 * Receives each call of AWS's API that the real provider would make, with the token of the resource type or the function for
 * which it makes it. Throws what AWS answers to a call that is denied.
 */
export type Authorise = (call: ApiCall, token: string) => void;

const GROUP = "aws:autoscaling/group:Group";

/** One operation of the engine on one resource. */
export interface Operation {
  /** Pulumi type token. */
  token: string;
  /** Logical name, for errors. */
  name: string;
  kind: Change["kind"];
  id: string;
  /** Inputs and computed values, before and after; the same on deletion. */
  before: Properties;
  after: Properties;
  /** Inputs that the program gives now or gave before: a default that only AWS chose is not a change. */
  given: readonly string[];
  /** All tags of a state, the provider's default tags included. */
  tagsOf(state: Properties): Record<string, string>;
}

/** Derives the API calls of the provider's operations and has each of them authorised. */
export class CallAuthoriser {
  constructor(
    private readonly authorise: Authorise,
    private readonly store: ResourceStore,
    private readonly account: () => ProviderAccount,
  ) {}

  /** AWS decides call by call. Here an operation is not begun if any of its calls is denied. */
  operation({ token, name, kind, id, before, after, given, tagsOf }: Operation): void {
    const callsOf = API_CALLS[token];
    if (!callsOf) throw new Error(`${token}: its API calls are not known; add them to rehearsal/provider/api-calls/`);
    const tags = (state: Properties) => (Array.isArray(state.tags) ? {} : tagsOf(state));
    const change: Change = {
      kind,
      id,
      state: after,
      before,
      changed: kind === "update" ? given.filter((input) => !same(before[input], after[input])) : [],
      tags: tags(after),
      tagsBefore: kind === "create" ? {} : ((before["tagsAll"] as Json | undefined) ?? tags(before)),
      account: this.account(),
      store: this.store,
    };
    try {
      for (const call of callsOf(change)) this.authorise(call, token);
    } catch (error) {
      throw new Error(`${kind.replace(/e$/, "")}ing ${name}: ${(error as Error).message}`);
    }
  }

  invoke(token: string, args: Properties): void {
    const call = INVOKE_CALLS[token]?.(args, this.account());
    if (call) this.authorise(call, token);
  }

  /** The group's API with each of its calls authorised: they depend on what the group does meanwhile. */
  autoscaling(api: AutoScalingApi): AutoScalingApi {
    return {
      call: async (operation, params) => {
        for (const call of groupCalls(operation, params, this.account())) this.authorise(call, GROUP);
        return api.call(operation, params);
      },
    };
  }
}
