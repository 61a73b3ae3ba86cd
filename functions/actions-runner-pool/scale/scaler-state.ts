import { LEDGER, poolKey } from "../../../contract/workflow-jobs/ledger";
import { DEMAND_TIMING } from "../../../contract/workflow-jobs/timing";
import type { Condition } from "../../shared/ledger/expressions";
import type { LedgerTable, Write } from "../../shared/ledger/table";
import type { LeasePorts } from "./ports";

/**
 * The lease as one item of the ledger: `owner` and `leaseUntil` while it is held, `again` once another has asked for a pass, and
 * `memory`. Each step is one conditional update, so it is atomic, and the client may repeat it after a response that was lost: its
 * condition also holds for what the first attempt has left, or then fails without harm. It expires: a pass that ends after the pool was
 * removed writes it once more.
 */
export function scalerState(table: LedgerTable, pool: string): LeasePorts {
  const key = poolKey(pool, "scaler");
  const update = async (write: Omit<Write, "key">) => (await table.update({ key, ...write })) === "applied";
  const held = (until: number) => ({ leaseUntil: until, [LEDGER.timeToLive]: Math.ceil(until / 1000) + DEMAND_TIMING.poolStateKept });
  const ownedBy = (owner: string): Condition => ({ attribute: "owner", is: "=", value: owner });
  return {
    async take(owner, now, until) {
      const free: Condition[] = [{ absent: "leaseUntil" }, { attribute: "leaseUntil", is: "<=", value: now }, ownedBy(owner)];
      const taken = await update({ set: { owner, ...held(until) }, remove: ["again"], when: { any: free } });
      if (!taken) return undefined;
      // Only the holder writes it, so it cannot change between the two calls.
      const memory = (await table.get(key))?.memory;
      return typeof memory === "string" ? { memory } : {};
    },
    ask: (now) => update({ set: { again: true }, when: { attribute: "leaseUntil", is: ">", value: now } }),
    release: (owner, memory) =>
      update({ set: { memory }, remove: ["owner", "leaseUntil"], when: { all: [ownedBy(owner), { absent: "again" }] } }),
    renew: (owner, until, memory) => update({ set: { memory, ...held(until) }, remove: ["again"], when: ownedBy(owner) }),
    drop: async (owner, memory) => {
      await update({ set: { memory }, remove: ["owner", "leaseUntil", "again"], when: ownedBy(owner) });
    },
  };
}
