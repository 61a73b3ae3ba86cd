/**
 * Explores the drain's decision code: the functions that run on the host and in Lambda, in every interleaving with one
 * instance, two jobs, one termination or return to the warm pool, and at most two faults or one pause. Breadth-first, so that counterexamples are shortest.
 *
 * **What is real.** drain-steps.ts and drain.ts (each act), complete.ts, reap.ts, heartbeat.ts and a tick of the daemon
 * with decide.ts; the deregister function's two handlers, and the sweep's parts for retained instances and orphaned
 * runners. They run against ports that query the model (see replay.ts for how an async function becomes a step machine).
 *
 * **What is a model.** The official runner and GitHub with both of its protocols (runner.ts), the unit's states in systemd
 * with the scripts stop-again.sh and after-stop.sh (systemd.ts), Auto Scaling, metadata and events (cloud.ts), an
 * operator's standby (pause.ts), and the faults (faults.ts). An event may arrive late, twice or never without counting as
 * a fault: nothing may depend on it.
 *
 * **What must hold in every state**: no accepted job is signalled, left behind a fence, cancelled by a DELETE of its
 * runner, or terminated with its instance; no instance that stays is let go; a lifecycle action does not lapse while Auto
 * Scaling answers; nothing waits without a reason. **And from every state**, without further faults, the instance can
 * terminate, and, before it is selected, a unit that runs, or that only a pause stopped, can reach a listener that receives
 * jobs.
 *
 * **Time** is reduced to what the code can distinguish (model.ts), under these assumptions:
 * - Steps of milliseconds or seconds come before steps of minutes: minutes pass only when nothing of ours is about to
 *   happen. Within that, everything may happen in any order, with any delay.
 * - What the listener read before the fence is in its performance log before the confirm window ends.
 * - An acquisition ends within ACQUIRE_BOUND_MS, also one whose answer is lost, the first renewal of a job's lock within WORKERLESS_BOUND_MS, and the
 *   listener exits within EXIT_MS of a SIGINT.
 * - Without a fence (no kernel support, or a stopped unit), the milliseconds from the last read to the signal are too
 *   short for an acquisition, and, with the old protocol, where the message is the job, too short for a message.
 * - runsvc.sh exits, and a due heartbeat runs, at once.
 *
 * **What is not covered**: launch and warm pool; a pause together with a fault; TimeoutStopSec= and what follows it; inconsistent reads of the signs
 * (signs.ts orders its reads); the minute by which GitHub's lists lag; several instances; SIGKILL of the two shell
 * scripts; jobs lost by GitHub or the runner itself (a crash before there is a worker, a lock that is not renewed), which
 * do not count as ours.
 */
import assert from "node:assert/strict";
import { MUTANTS } from "./mutants";
import { checkApplies } from "../../support/substitutions";
import { loadParts } from "./parts";
import { explore, type Exploration } from "./search";
import { inService } from "./model";
import type { ModelState } from "./state";
import { pauses } from "./pause-state";

const STARTS: Record<string, ModelState> = {
  "one fault": inService(1),
  "one fault, the message is the job (old protocol)": { ...inService(1), v1: true },
  "one fault, no fence": { ...inService(1), fenceWorks: false },
  "two faults": inService(2),
  "a pause": { ...inService(0), pause: pauses(1) },
  "a return to the warm pool, one fault": { ...inService(1), returns: true },
};

/** The starts that must reveal a mutant, in this order; most need no second fault. */
const ORDER = ["one fault", "one fault, the message is the job (old protocol)", "two faults"];

describe("the drain's decisions in every interleaving", function () {
  this.timeout(3_000_000);

  it("is checked with mistakes in code that still exists, or it would miss them unnoticed", () => {
    for (const { substitutions } of MUTANTS) substitutions.forEach(checkApplies);
  });

  for (const [name, start] of Object.entries(STARTS)) {
    it(`never cost a job and never block a termination: ${name}`, async () => {
      const found = await explore(loadParts(), start);
      const { states, transitions, depth } = found;
      console.log(`      ${states} states, ${transitions} transitions, depth ${depth}`);
      assert.equal(problemOf(found), undefined, describePath(found));
      assert.ok(states > 10_000, "the model reaches too few states");
    });
  }

  it("are all needed: the exploration finds a mistake in any of them", async () => {
    const table: string[] = [];
    const survivors: string[] = [];
    for (const { name, substitutions, starts = ORDER } of MUTANTS) {
      const killer = await findMutant(substitutions, starts);
      if (killer === undefined) survivors.push(name);
      table.push(`      ${name.padEnd(76)} ${killer ?? "SURVIVED"}`);
    }
    console.log(table.join("\n"));
    assert.deepEqual(survivors, []);
    assert.ok(MUTANTS.length >= 12);
  });
});

async function findMutant(substitutions: Parameters<typeof loadParts>, starts: string[]): Promise<string | undefined> {
  for (const name of starts) {
    const found = await explore(loadParts(...substitutions), STARTS[name]!);
    const problem = problemOf(found);
    if (problem !== undefined) return `${problem} [${name}: ${found.states} states, ${path(found).length} steps]`;
  }
  return undefined;
}

function problemOf({ broken, stuck, cutOff }: Exploration): string | undefined {
  if (broken) return broken.promise;
  if (stuck.count > 0) return `stuck: no way to the instance's termination from ${stuck.count} states`;
  if (cutOff.count > 0) return `cut off: in service without a way to a next job in ${cutOff.count} states`;
  return undefined;
}

function path({ broken, stuck, cutOff }: Exploration): string[] {
  return broken?.path ?? (stuck.count > 0 ? stuck.path : cutOff.path);
}

function describePath(found: Exploration): string {
  return `${problemOf(found)}\n${path(found)
    .map((step) => `  ${step}`)
    .join("\n")}`;
}
