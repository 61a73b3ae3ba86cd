import { GENERATED } from "./naming";
import type { ResourceContext } from "./resource-type";
import type { Properties } from "./values";

/** What the provider knows about a resource: its inputs, what AWS computed, and its tags with the default ones. */
export function stateOf(inputs: Properties, tagsAll: Properties | undefined, outputs: Properties, context: ResourceContext): Properties {
  return { region: context.account.region, ...inputs, ...outputs, ...(tagsAll && { tagsAll }) };
}

/** The state without the provider's internal bookkeeping. */
export function withoutBookkeeping(state: Properties): Properties {
  const { [GENERATED]: _generated, ...rest } = state;
  return rest;
}

/** What the engine sees: names that begin with an underscore are internal to the stand-in. */
export function visible(state: Properties): Properties {
  return Object.fromEntries(Object.entries(state).filter(([name]) => !name.startsWith("_")));
}
