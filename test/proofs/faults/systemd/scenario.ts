/** A fault on real machines. Scenarios run in parallel, each on its own instances, in one deployed pool. */
import type { LivePool } from "../../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import type { See } from "../support/fault-table";
import type { FaultName } from "../support/required";
import { Instances } from "./instances";
import { TargetInstance } from "./target";

export interface Scenario {
  fault: FaultName;
  expected: string;
  /** Number of instances that it needs. */
  instances: number;
  /** It leaves its instances unchanged, so another scenario can use them. */
  keeps?: boolean;
  /** Approximate duration, if more than a minute. */
  seconds?: number;
  run(targets: readonly TargetInstance[], see: See, pool: LivePool): Promise<void>;
}

/** A scenario on one instance, as most are. */
export function onOne(
  fault: FaultName,
  expected: string,
  run: (target: TargetInstance, see: See, pool: LivePool) => Promise<void>,
  more: Pick<Scenario, "keeps" | "seconds"> = {},
): Scenario {
  return { fault, expected, instances: 1, ...more, run: ([target], see, pool) => run(target!, see, pool) };
}

/**
 * Starts all scenarios, longest first, each as soon as it has its instances. Returns what each observed, or why it
 * failed.
 */
export function startAll(pool: LivePool, scenarios: readonly Scenario[]): Map<Scenario, Promise<string[]>> {
  const instances = new Instances(pool, scenarios.length);
  const outcomes = new Map<Scenario, Promise<string[]>>();
  for (const scenario of [...scenarios].sort((one, other) => (other.seconds ?? 0) - (one.seconds ?? 0))) {
    const outcome = instances.take(scenario.instances).then(async (ids) => {
      const facts = await run(
        pool,
        scenario,
        ids.map((id) => new TargetInstance(pool, id, Date.now())),
      );
      if (scenario.keeps) instances.giveBack(ids);
      return facts;
    });
    // Awaited by its own test; an earlier failure must not end the process.
    outcome.catch(() => undefined);
    outcomes.set(scenario, outcome);
  }
  return outcomes;
}

async function run(pool: LivePool, scenario: Scenario, targets: readonly TargetInstance[]): Promise<string[]> {
  const facts: string[] = [];
  try {
    await scenario.run(targets, (fact) => facts.push(fact), pool);
    return facts;
  } catch (error) {
    const seen = await Promise.all(targets.map((target) => target.diagnostics()));
    throw new Error([(error as Error).stack, `observed until then: ${facts.join("; ")}`, ...seen].join("\n"));
  }
}
