/** The moments at which a run can be cancelled while it has the machine. What it cancels before that, turns.ts has. */
import assert from "node:assert/strict";
import { PERSISTENT_METRIC } from "../../../../contract/persistent-runner/metrics";
import { requestLimitExceeded } from "../../../../rehearsal/aws/api-faults";
import { BUILD, HELD } from "./builds";
import type { Scenario } from "./scenario";

const THROTTLED = 3;
/** Milliseconds; the actions wait 10 s for a token. */
const SLOW_TOKEN = 6_000;

/** The machine runs and cannot find out that it is not wanted any more: only StopInstances stops it. */
export const DURING_BOOT: Scenario = {
  rows: [
    { fault: "run cancelled while the machine boots for it", expected: "its stop runs, and stops the machine" },
    { fault: "StopInstances throttled three times", expected: "it is repeated until EC2 accepts it" },
  ],

  async run(machine, see) {
    const mark = machine.mark();
    const boot = machine.holdBoot();
    const throttle = machine.aws.faults.inject({ action: "ec2:StopInstances", times: THROTTLED, error: requestLimitExceeded() });
    try {
      const run = await machine.push(machine.app, BUILD);
      await machine.until("EC2 to show the machine as running", () => machine.power === "running");
      run.file?.cancel(false);
      await machine.ended(run, "cancelled");
      assert.equal(machine.job(run, "stop")?.conclusion, "success");
      await machine.off();
      assert.equal(machine.job(run, "e2e")?.acquiredAt, undefined);
      const stops = machine.outcomes("ec2:StopInstances", mark);
      assert.deepEqual(stops, [...Array<string>(THROTTLED).fill("RequestLimitExceeded"), "ok"]);
      assert.equal(machine.states(mark).at(-1)?.reason, "Client.UserInitiatedShutdown");
      see("run cancelled while the machine boots for it", "its stop succeeded; 1 StartInstances, stopped by StopInstances, no job ran");
      see(
        "StopInstances throttled three times",
        `RequestLimitExceeded ${THROTTLED} times, then accepted; the stop succeeded, and the machine was off`,
      );
    } finally {
      boot();
      throttle();
    }
    await machine.free();
    assert.deepEqual(machine.outcomes("ec2:StartInstances", mark), ["ok"]);
  },
};

export const AT_WORK: Scenario = {
  rows: [
    {
      fault: "run cancelled while its job is at work",
      expected: "GitHub ends the job, its stop runs, and the machine goes off without force",
    },
  ],

  async run(machine, see) {
    const mark = machine.mark();
    const run = await machine.push(machine.app, HELD);
    await machine.atWork(run);
    run.file?.cancel(false);
    await machine.ended(run, "cancelled");
    const { start, e2e, stop } = Object.fromEntries(run.jobs.map(({ spec, conclusion }) => [spec.name, conclusion]));
    assert.deepEqual([start, e2e, stop], ["success", "cancelled", "success"]);
    await machine.free();
    assert.equal(machine.metric(PERSISTENT_METRIC.forcedStops, mark), 0);
    assert.deepEqual(machine.stoppedUnder(mark), []);
    see(
      "run cancelled while its job is at work",
      "start succeeded, job cancelled, stop succeeded; off once the job had ended, ForcedStops 0",
    );
  },
};

export const WHILE_STOPPING: Scenario = {
  rows: [
    {
      fault: "run cancelled by a newer push while it stops the machine",
      expected: "its stop goes on, and the newer run starts the machine only once EC2 shows it as stopped",
    },
  ],

  async run(machine, see) {
    const mark = machine.mark();
    const older = await machine.push(machine.app, HELD);
    await machine.atWork(older);
    const release = machine.aws.powerFaults.holdStop(machine.id);
    // So that the stop is still at work when the machine has switched itself off.
    const slow = machine.github.faults.add({ kind: "slow", ms: SLOW_TOKEN, route: /\/idtoken\// });
    try {
      await machine.letGo();
      await machine.until("the stop to begin", () => machine.job(older, "stop")?.state === "acquired");
      await machine.until("EC2 to show the machine as stopping", () => machine.power === "stopping");
      const newer = await machine.push(machine.app, BUILD);
      slow.remove();
      await machine.ended(older, "cancelled");
      const { e2e, stop } = Object.fromEntries(older.jobs.map(({ spec, conclusion }) => [spec.name, conclusion]));
      assert.deepEqual([e2e, stop], ["success", "success"]);
      await machine.until("the newer run to wait", () => /(waiting|starting): the machine/.test(machine.log(newer, "start")));
      assert.deepEqual([machine.power, machine.outcomes("ec2:StartInstances", mark)], ["stopping", ["ok"]]);
      release();
      await machine.off();
      await machine.ended(newer, "success");
      await machine.free();
    } finally {
      slow.remove();
      release();
    }
    assert.deepEqual(machine.outcomes("ec2:StartInstances", mark), ["ok", "ok"]);
    assert.deepEqual(machine.stoppedUnder(mark), []);
    see(
      "run cancelled by a newer push while it stops the machine",
      "its job and its stop succeeded; the newer run waited while EC2 showed stopping, then 1 StartInstances, none refused; it succeeded",
    );
  },
};
