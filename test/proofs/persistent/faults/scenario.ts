/** A use of the deployed machine, with the faults that it injects. One after the other, because there is one machine. */
import type { DeployedMachine } from "./deployed-machine";
import type { PersistentFault } from "./table";

export interface Scenario {
  /** Each with what must hold: one use of the machine can show several. */
  rows: readonly { fault: PersistentFault; expected: string }[];
  /** Begins with a machine that is off and free, and leaves it so. */
  run(machine: DeployedMachine, see: (fault: PersistentFault, fact: string) => void): Promise<void>;
}

/** What the scenario observed, by fault. After a failure the machine is free for the next one all the same. */
export async function observe(machine: DeployedMachine, scenario: Scenario): Promise<Map<PersistentFault, string[]>> {
  const facts = new Map<PersistentFault, string[]>();
  try {
    await scenario.run(machine, (fault, fact) => facts.set(fault, [...(facts.get(fault) ?? []), fact]));
    return facts;
  } catch (error) {
    const diagnostics = await machine.diagnostics();
    // Before the recovery, which may fail in turn.
    console.log(`${(error as Error).stack}\n${diagnostics}`);
    await machine.recover();
    throw error;
  }
}
