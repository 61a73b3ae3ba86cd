/** A fault on real machines. Scenarios run side by side, each on instances of its own, in one deployed pool. */
import type { LivePool } from "../../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import type { See } from "../support/fault-table";
import type { FaultName } from "../support/required";
import { Instances } from "./instances";
import { TargetInstance } from "./target";

export interface Scenario {
  fault: FaultName;
  expected: string;
  /** How many instances it takes. */
  instances: number;
  /** It leaves them as it found them. */
  keeps?: boolean;
  /** How long it takes, about, where that is more than a minute. */
  seconds?: number;
  run(victims: readonly TargetInstance[], see: See, pool: LivePool): Promise<void>;
}

/** Most take one. */
export function onOne(
  fault: FaultName,
  expected: string,
  run: (victim: TargetInstance, see: See, pool: LivePool) => Promise<void>,
  more: Pick<Scenario, "keeps" | "seconds"> = {},
): Scenario {
  return { fault, expected, instances: 1, ...more, run: ([victim], see, pool) => run(victim!, see, pool) };
}

/**
 * Starts them all, each as soon as there are instances for it; what each saw, or why it failed. Those that take longest
 * come first.
 */
export function startAll(pool: LivePool, scenarios: readonly Scenario[]): Map<Scenario, Promise<string[]>> {
  const instances = new Instances(pool, scenarios.length);
  const outcomes = new Map<Scenario, Promise<string[]>>();
  for (const scenario of [...scenarios].sort((one, other) => (other.seconds ?? 0) - (one.seconds ?? 0))) {
    const outcome = instances.take(scenario.instances).then(async (ids) => {
      const facts = await play(
        pool,
        scenario,
        ids.map((id) => new TargetInstance(pool, id)),
      );
      if (scenario.keeps) instances.giveBack(ids);
      return facts;
    });
    // Awaited by its own test; one that fails before that must not end the process.
    outcome.catch(() => undefined);
    outcomes.set(scenario, outcome);
  }
  return outcomes;
}

async function play(pool: LivePool, scenario: Scenario, victims: readonly TargetInstance[]): Promise<string[]> {
  const facts: string[] = [];
  try {
    await scenario.run(victims, (fact) => facts.push(fact), pool);
    return facts;
  } catch (error) {
    const seen = await Promise.all(victims.map((victim) => victim.account()));
    throw new Error([(error as Error).stack, `seen until then: ${facts.join("; ")}`, ...seen].join("\n"));
  }
}
