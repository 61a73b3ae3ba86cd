/** Two repositories that share the machine: at the same moment, beside unrelated events, and after a long sleep. */
import assert from "node:assert/strict";
import { hasEnded, isAtWork } from "../../../../rehearsal/scenarios/persistent-runner/steps";
import { livesOf } from "../../../../rehearsal/scenarios/persistent-runner/lives";
import { CACHE } from "../../../../rehearsal/scenarios/persistent-runner/repositories";
import { BUILD, builtBy, HELD } from "./builds";
import type { DeployedMachine } from "./deployed-machine";
import type { Scenario } from "./scenario";

const DAY = 86_400;
/** GitHub removes a runner that has not been connected for 14. */
const SLEEP_DAYS = 15;
const IN_USE = /in use by a run of another repository/;

export const TURNS: Scenario = {
  rows: [
    {
      fault: "runs of two repositories start at the same moment",
      expected: "one has the machine, the other one waits and has it next: one StartInstances for each, and no stop under a job",
    },
    { fault: "unrelated pull request during a run", expected: "it starts nothing, and cancels nothing" },
    {
      fault: "machine off for longer than GitHub keeps a registration",
      expected: "the next start has a runner of its own as always, on the same instance and with the caches",
    },
    {
      fault: "run cancelled before it has the machine",
      expected: "its stop releases nothing: the run that has the machine keeps it",
    },
  ],

  async run(machine, see) {
    const mark = machine.mark();
    const { generation = 0 } = await machine.lease();
    const [one, two] = await Promise.all([machine.push(machine.app, HELD), machine.push(machine.tools, HELD)]);
    await machine.until("one of the runs to be at work", () => [one, two].some((run) => isAtWork(run) || hasEnded(run)));
    const [first, second] = isAtWork(one) ? [one, two] : [two, one];

    await unrelatedPullRequest(machine);
    assert.ok(isAtWork(first), await machine.diagnostics());
    assert.equal(second.file?.status, "open");
    see("unrelated pull request during a run", "opened, labelled and pushed to: its runs skipped all jobs, and both runs went on");

    await machine.until("the other run to wait", () => IN_USE.test(machine.log(second, "start")));
    await machine.letGo();
    await machine.off();
    await machine.atWork(second);
    await machine.letGo();
    for (const run of [first, second]) await machine.ended(run, "success");
    await machine.free();
    const started = machine.outcomes("ec2:StartInstances", mark);
    const generations = ((await machine.lease()).generation ?? 0) - generation;
    assert.deepEqual(started, ["ok", "ok"]);
    assert.deepEqual([generations, machine.states(mark).filter(({ state }) => state === "pending").length], [2, 2]);
    assert.deepEqual(machine.stoppedUnder(mark), []);
    const lives = livesOf(machine.since(mark), (id) => {
      const { spec, run } = machine.github.job(id);
      return spec.hosted ? undefined : String(run.id);
    });
    assert.deepEqual(
      lives.map(({ instance, runs }) => [instance, ...runs]),
      [first, second].map((run) => [machine.id, String(run.id)]),
    );
    see(
      "runs of two repositories start at the same moment",
      "2 generations, 2 StartInstances, each run's job alone in its own life of the machine; no StopInstances and no power-off under a job; both succeeded",
    );

    await longSleep(machine, [first.id, second.id], see);
  },
};

/** Opened, given another label than the machine's, and pushed to. */
async function unrelatedPullRequest(machine: DeployedMachine): Promise<void> {
  const { app } = machine;
  await app.push({ "README.md": "topic\n" }, { branch: "topic" });
  const { pull, runs } = await app.openPullRequest("topic");
  runs.push(...(await app.label(pull, "documentation")), ...(await app.push({ "README.md": "again\n" }, { branch: "topic" })));
  assert.ok(runs.length >= 2, `${runs.length} runs`);
  await machine.until("the pull request's runs to end", () => runs.every(hasEnded));
  assert.deepEqual(
    runs.map(({ file }) => file?.conclusion),
    runs.map(() => "skipped"),
  );
}

async function longSleep(machine: DeployedMachine, earlier: readonly number[], see: Parameters<Scenario["run"]>[1]): Promise<void> {
  const mark = machine.mark();
  machine.skip(SLEEP_DAYS * DAY);
  const third = await machine.push(machine.app, HELD);
  await machine.atWork(third);

  const waiting = await machine.push(machine.tools, BUILD);
  await machine.until("the other run to wait", () => IN_USE.test(machine.log(waiting, "start")));
  const held = await machine.lease();
  waiting.file?.cancel(false);
  await machine.ended(waiting, "cancelled");
  assert.equal(machine.job(waiting, "stop")?.conclusion, "success");
  assert.match(machine.log(waiting, "stop"), /released: this run does not hold the machine/);
  const { holder, phase } = await machine.lease();
  assert.deepEqual([holder, phase], [held.holder, "ready"]);
  assert.ok(isAtWork(third), await machine.diagnostics());
  see("run cancelled before it has the machine", "its stop succeeded and released nothing; the holder's job went on and succeeded");

  await machine.letGo();
  await machine.ended(third, "success");
  await machine.free();
  assert.deepEqual(machine.outcomes("ec2:StartInstances", mark), ["ok"]);
  const workspace = machine.github.jobs().filter(({ run, spec }) => !spec.hosted && run.repository === machine.app.fullName);
  const builds = [...new Set(workspace.map(({ run }) => run.id))].filter((id) => [...earlier, third.id].includes(id));
  assert.deepEqual(machine.notices(third), [CACHE.hit, builtBy([...earlier, third.id], builds)]);
  see(
    "machine off for longer than GitHub keeps a registration",
    `${SLEEP_DAYS} days: the third start of the same instance; its job succeeded, and found the caches of both runs before, and its repository's workspace`,
  );
}
