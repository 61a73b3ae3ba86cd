/**
 * The drain's decision code, explored: the very functions that run on the host and in Lambda, in every interleaving with
 * one instance, two jobs, one termination and at most two faults. Breadth-first, so that a counterexample is a shortest.
 *
 * **What is real.** drain-steps.ts and drain.ts (each act), complete.ts, reap.ts, heartbeat.ts and a tick of the daemon
 * with decide.ts; the deregister function's two handlers, and the sweep's parts for retained instances and orphaned
 * runners. They run against ports that ask the model (replay.ts says how an async function becomes a step machine).
 *
 * **What is a model.** The official runner and GitHub with both of its protocols (runner.ts), systemd's life of the unit
 * with the shell of stop-again.sh and after-stop.sh (systemd.ts), Auto Scaling, metadata and events (cloud.ts), and what
 * may go wrong (faults.ts). An event may come late, twice or never at no cost; nothing may rest on it.
 *
 * **What must hold in every state**: no accepted job is signalled, left behind a fence, deleted under, or gone with its
 * instance; no instance that stays is let go; a lifecycle action does not lapse while Auto Scaling answers; nothing waits
 * where there is nothing to wait for. **And from every state** a way without further faults leads to the instance's end,
 * and, before it is chosen, from a running unit to a listener that hears of jobs.
 *
 * **Time** is what the code can tell apart (world.ts), under these assumptions:
 * - What takes milliseconds or seconds comes before what takes minutes: minutes pass only where nothing of ours is about
 *   to happen. Within that, everything may happen in any order, with any delay.
 * - What the listener read before the fence is in its performance log before the confirm window ends.
 * - An acquisition ends within ACQUIRE_BOUND_MS, the first renewal of a job's lock within WORKERLESS_BOUND_MS, and the
 *   listener exits within EXIT_MS of a SIGINT.
 * - Where no fence stands (a kernel that cannot, a unit that is stopped), the milliseconds from the last look to the
 *   signal are too short for an acquisition. With the old protocol, where the message is the job, too short for a message.
 * - runsvc.sh ends, and a due heartbeat runs, at once.
 *
 * **What is not covered**: launch and warm pool; TimeoutStopSec= and what comes after it; a look at the signs that is
 * torn (signs.ts orders its reads); the minute by which GitHub's lists lag; several instances; SIGKILL of the two shell
 * scripts; a job's loss by GitHub's or the runner's own doing (a crash before there is a worker, a lock that is not
 * renewed), which counts as no loss of ours.
 */
import assert from "node:assert/strict";
import { MUTANTS } from "./mutants";
import { loadParts } from "./parts";
import { explore, type Exploration } from "./search";
import { inService, type ModelState } from "./model";

const WORLDS: Record<string, ModelState> = {
  "one fault": inService(1),
  "one fault, the message is the job (old protocol)": { ...inService(1), v1: true },
  "one fault, no fence": { ...inService(1), fenceWorks: false },
  "two faults": inService(2),
};

/** In which order a mutant is looked for; most need no second fault. */
const HUNTS = ["one fault", "one fault, the message is the job (old protocol)", "two faults"];

describe("the drain's decisions, in every interleaving", function () {
  this.timeout(0);

  for (const [name, world] of Object.entries(WORLDS)) {
    it(`never cost a job and never hold an instance: ${name}`, async () => {
      const found = await explore(loadParts(), world);
      const { states, transitions, depth } = found;
      console.log(`      ${states} states, ${transitions} transitions, depth ${depth}`);
      assert.equal(verdict(found), undefined, story(found));
      assert.ok(states > 10_000, "the model hardly moves");
    });
  }

  it("are the reason why: a mistake in any of them is found", async () => {
    const table: string[] = [];
    const survivors: string[] = [];
    for (const { name, substitutions, hunts = HUNTS } of MUTANTS) {
      const killer = await hunt(substitutions, hunts);
      if (killer === undefined) survivors.push(name);
      table.push(`      ${name.padEnd(76)} ${killer ?? "SURVIVED"}`);
    }
    console.log(table.join("\n"));
    assert.deepEqual(survivors, []);
    assert.ok(MUTANTS.length >= 12);
  });
});

async function hunt(substitutions: Parameters<typeof loadParts>, hunts: string[]): Promise<string | undefined> {
  for (const name of hunts) {
    const found = await explore(loadParts(...substitutions), WORLDS[name]!);
    const words = verdict(found);
    if (words !== undefined) return `${words} [${name}: ${found.states} states, ${path(found).length} steps]`;
  }
  return undefined;
}

function verdict({ broken, stuck, deaf }: Exploration): string | undefined {
  if (broken) return broken.promise;
  if (stuck.count > 0) return `no way to the end from ${stuck.count} states`;
  if (deaf.count > 0) return `deaf: in service without a way to a next job in ${deaf.count} states`;
  return undefined;
}

function path({ broken, stuck, deaf }: Exploration): string[] {
  return broken?.path ?? (stuck.count > 0 ? stuck.path : deaf.path);
}

function story(found: Exploration): string {
  return `${verdict(found)}\n${path(found)
    .map((step) => `  ${step}`)
    .join("\n")}`;
}
