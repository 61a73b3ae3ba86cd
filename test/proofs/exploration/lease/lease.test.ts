/**
 * Explores the lease of a machine in every interleaving: the control function and the reaper, as they are deployed, one call at a
 * time, with two runs of two repositories. Breadth-first, so that counterexamples are shortest.
 *
 * **What is real.** The handlers' logic from the request to the reply (control.ts, reap.ts and what they load), on every call of which
 * the model is asked (replay.ts says how an async function becomes a step machine). Two of them are under way at the same time, or three
 * (both runs' and the reaper's) where there is no fault.
 *
 * **What is a model.** DynamoDB's conditional writes (their agreement with a DynamoDB of others is tested), EC2, the machine with its
 * order, GitHub's runners and jobs, and the workflows. A pass of the reaper may come at any time: so an event may be late, come twice
 * or never. A run may be cancelled at any time, and its request under way goes on without it. **Faults**: a request dies between any two of its
 * calls, or no one waits for it any more; a write, a stop or a start is lost, or its answer, or it comes after its failure; EC2 has no
 * capacity, at once or as the machine starts; a boot hangs, is slow, or says why it takes no job; a runner does not connect, or loses its
 * connection; a job of others comes to it; someone starts the machine by hand, or it goes off; GitHub is down; a workflow ends without a word;
 * a session's limit is reached.
 *
 * **What must hold in every state**: a run is told to use the machine only while it holds it, by a label that a connected runner has; a job
 * runs only on a machine that its run holds; no call stops a machine under its holder, or a job at work; a start takes effect at most
 * once in a generation, only in its own, and only after a write that confirms it; no one else changes the lease of a run whose time is not
 * over; the lease only advances (advance.ts). **And from every state**, without further faults, the machine can come to rest, off and free,
 * with all runs ended. As there are finitely many states, it will, if each step that stays possible is taken some time.
 *
 * **Time** is reduced to what the code can distinguish (time.ts). Minutes pass only when no request is under way: each ends within
 * PERSISTENT_TIMING.controlBound, and `settle` is longer.
 *
 * **What makes it small** loses no behaviour; each reason stands where it is done. Requests that will do the same are one, and one that can
 * change nothing any more is none (behaviour.ts). What no one reads any more has one value; the lease's generation is always the same, and the
 * runs have no order (canonical.ts). A run may do early what it may do at all: a job that cannot begin is given up at once.
 *
 * **What is not covered**, but by chance: more than one fault with both runs; a fault with three requests under way. And not at all: provisioning, the registration `service`,
 * several instance types; what GitHub has of runners that no job can come to; and reads of EC2 that are older than the call before them.
 */
import assert from "node:assert/strict";
import { checkApplies } from "../../../support/substitutions";
import { MUTANTS } from "./mutants";
import { loadParts } from "./parts";
import { explore, type Exploration, wander } from "./search";
import { LARGE_START, SMALL_STARTS, STARTS, type StartName } from "./starts";

describe("the lease of a machine in every interleaving", function () {
  this.timeout(3_000_000);

  it("is checked with mistakes in code that still exists, or it would miss them unnoticed", () => {
    for (const { substitutions } of MUTANTS) substitutions.forEach(checkApplies);
  });

  for (const [name, start] of Object.entries(STARTS)) {
    it(`has one holder, stops under none, starts once a generation, and comes to rest: ${name}`, async () => {
      const found = await explore(loadParts(), start);
      console.log(`      ${found.states} states, ${found.transitions} transitions, depth ${found.depth}`);
      assert.equal(problemOf(found), undefined, described(found));
      assert.ok(found.states > 1_000, "the model reaches too few states");
    });
  }

  it("keeps its promises with four faults, two jobs of each run and three requests at once, as far as chance leads", async () => {
    const { states, broken } = await wander(loadParts(), LARGE_START, 600, 200);
    console.log(`      ${states} states`);
    assert.equal(broken, undefined, `${broken?.promise}, walk ${broken?.walk}\n${broken?.path.map((step) => `  ${step}`).join("\n")}`);
    assert.ok(states > 10_000, "chance leads to too few states");
  });

  it("needs each of its conditions: the exploration finds a mistake in any of them", async () => {
    const table: string[] = [];
    const survivors: string[] = [];
    for (const { name, substitutions, start } of MUTANTS) {
      const killer = await findMutant(substitutions, start);
      if (killer === undefined) survivors.push(name);
      table.push(`      ${name.padEnd(76)} ${killer ?? "SURVIVED"}`);
    }
    console.log(table.join("\n"));
    assert.deepEqual(survivors, []);
  });
});

async function findMutant(substitutions: Parameters<typeof loadParts>, start: StartName): Promise<string | undefined> {
  const found = await explore(loadParts(...substitutions), { ...STARTS, ...SMALL_STARTS }[start]);
  const problem = problemOf(found);
  return problem === undefined ? undefined : `${problem} [${start}: ${found.states} states, ${path(found).length} steps]`;
}

function problemOf({ broken, restless }: Exploration): string | undefined {
  if (broken) return broken.promise;
  return restless.count > 0 ? `restless: the machine cannot come to rest from ${restless.count} states` : undefined;
}

function path({ broken, restless }: Exploration): string[] {
  return broken?.path ?? restless.path;
}

function described(found: Exploration): string {
  return `${problemOf(found)}\n${path(found)
    .map((step) => `  ${step}`)
    .join("\n")}`;
}
